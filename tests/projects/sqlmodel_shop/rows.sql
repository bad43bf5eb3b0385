INSERT INTO customers (name, email, preferences, tags)
VALUES ('Ada', 'ada@example.org', '{"a": 1}', '{x,"50%"}'), ('Bo', 'bo@example.org', '{}', DEFAULT);
INSERT INTO billing.products (title, price) VALUES ('Chair', 12.50), ('Table', 99);
INSERT INTO orders (id, customer_id, note)
VALUES ('00000000-0000-0000-0000-000000000001', 1, 'soon'),
       ('00000000-0000-0000-0000-000000000002', 2, NULL);
INSERT INTO lines VALUES ('00000000-0000-0000-0000-000000000001', 1, 2),
                         ('00000000-0000-0000-0000-000000000002', 2, 1);
