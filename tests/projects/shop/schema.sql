CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name varchar(80) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    state order_state NOT NULL DEFAULT 'new',
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    tags text[] NOT NULL DEFAULT '{}'
);

CREATE INDEX orders_open_idx ON orders (customer_id) WHERE state <> 'sent';

CREATE VIEW open_orders AS
    SELECT o.id, c.email, o.total FROM orders o JOIN customers c ON c.id = o.customer_id
     WHERE o.state <> 'sent';

COMMENT ON TABLE orders IS 'what customers bought';
