INSERT INTO store_customer (id, email, name, tier, tags, motto, score, changed_at)
VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org', 'Ada', 1, '{a}', '', 3, now()),
       ('00000000-0000-0000-0000-000000000002', 'bo@example.org', 'Bo', 0, '{}', 'x', 0, now());
INSERT INTO products (sku, title, price, changed_at)
VALUES ('c-1', 'Chair', 12.5, now()), ('t-1', 'Table', 99, now());
INSERT INTO "Orders" (customer_id) VALUES ('00000000-0000-0000-0000-000000000001'),
                                          ('00000000-0000-0000-0000-000000000002');
INSERT INTO store_line (order_id, item, quantity) VALUES (1, 'c-1', 2), (2, 't-1', 1);
