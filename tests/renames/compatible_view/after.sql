CREATE TABLE people (id integer PRIMARY KEY, n integer);
CREATE VIEW users AS SELECT id, n FROM people;
CREATE VIEW v AS SELECT n FROM people;
CREATE VIEW w AS SELECT n FROM users;
