CREATE TYPE state AS ENUM ('a', 'b');
CREATE TYPE place AS (zip text, city text);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE t (s state DEFAULT 'a', many state[], p place, n positive);
CREATE INDEX t_zip ON t (((p).zip));
CREATE FUNCTION f(state) RETURNS state LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION f(place, positive) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT f(s) AS f, (p).zip FROM t;
