INSERT INTO customers (email, name, tags) VALUES ('a@b', 'A', '{x,y}'), ('c@d', 'C', '{}');
INSERT INTO products (added_by, sku, name, price) VALUES
    (1, 'S-1', 'Sencha', 12.50), (NULL, 'S-2', 'Bancha', 8);
UPDATE customers SET favourite_id = 2 WHERE id = 1;
INSERT INTO orders (id, customer_id, status, payment) VALUES
    ('00000000-0000-0000-0000-000000000001', 1, 'paid', 'card'),
    ('00000000-0000-0000-0000-000000000002', 2, 'open', NULL);
INSERT INTO order_lines (order_id, product_id, quantity) SELECT id, 1, 3 FROM orders;
INSERT INTO billing.invoices (order_id) SELECT id FROM orders;
INSERT INTO offers (product_id, valid) VALUES (1, '[2026-01-01, 2026-02-01)');
