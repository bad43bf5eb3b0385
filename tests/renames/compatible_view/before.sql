CREATE TABLE users (id integer PRIMARY KEY, n integer);
CREATE VIEW v AS SELECT n FROM users;
