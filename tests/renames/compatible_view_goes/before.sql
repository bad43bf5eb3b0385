CREATE TABLE users (id integer PRIMARY KEY, n integer);
CREATE VIEW people AS SELECT id, n FROM users;
CREATE VIEW w AS SELECT n FROM people;
