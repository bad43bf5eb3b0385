CREATE TABLE users (id serial PRIMARY KEY, n integer);
