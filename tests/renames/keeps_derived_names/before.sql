CREATE TABLE users (id serial PRIMARY KEY, mail text UNIQUE);
CREATE VIEW v AS SELECT mail FROM users;
