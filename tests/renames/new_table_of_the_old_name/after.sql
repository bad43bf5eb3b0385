CREATE TABLE people (id serial PRIMARY KEY, k integer GENERATED ALWAYS AS IDENTITY, n integer);
CREATE INDEX people_n_idx ON people (n);
CREATE TABLE users (id serial PRIMARY KEY, k integer GENERATED ALWAYS AS IDENTITY, m text, p integer REFERENCES people, n text);
CREATE INDEX users_n_idx ON users (n);
