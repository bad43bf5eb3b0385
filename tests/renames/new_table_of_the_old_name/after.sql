CREATE TABLE people (id serial PRIMARY KEY, n integer);
CREATE TABLE users (id serial PRIMARY KEY, m text, p integer REFERENCES people);
