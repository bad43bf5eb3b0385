CREATE TABLE people (id integer PRIMARY KEY, n integer);
CREATE VIEW w AS SELECT n FROM people;
