CREATE TABLE users (id serial PRIMARY KEY, k integer GENERATED ALWAYS AS IDENTITY, n integer);
CREATE INDEX users_n_idx ON users (n);
