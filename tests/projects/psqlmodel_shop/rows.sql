INSERT INTO categories (name) VALUES ('Tea');
INSERT INTO categories (parent_id, name) VALUES (1, 'Green');
INSERT INTO customers (email, first_name, last_name, tags, preferences, note) VALUES
    ('a@b', 'A', 'B', '{x,y}', '{"newsletter": true}', 'n'),
    ('c@d', 'C', 'D', '{}', '{}', NULL);
INSERT INTO products (category_id, sku, name, price, stock, attributes, images) VALUES
    (2, 'S-1', 'Sencha', 12.50, 7, '{"leaf": 1}', '{a.png}'),
    (2, 'S-2', 'Bancha', 8, 0, '{}', NULL);
INSERT INTO orders (token, reference, customer_id, status) VALUES
    ('00000000-0000-0000-0000-000000000001', 'REF1', 1, 'paid'),
    ('00000000-0000-0000-0000-000000000002', 'REF2', 2, 'open');
INSERT INTO order_lines (order_id, product_id, quantity, unit_price)
    SELECT id, 1, 3, 12.50 FROM orders;
UPDATE orders SET status = 'sent' WHERE reference = 'REF2';
