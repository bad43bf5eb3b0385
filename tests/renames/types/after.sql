CREATE TYPE status AS ENUM ('a', 'b');
CREATE TYPE address AS (postcode text, city text);
CREATE DOMAIN natural_number AS integer CONSTRAINT positive_check CHECK (VALUE > 0);
CREATE TABLE t (s status DEFAULT 'a', many status[], p address, n natural_number);
CREATE INDEX t_zip ON t (((p).postcode));
CREATE FUNCTION g(status) RETURNS status LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION f(address, natural_number) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT g(s) AS f, (p).postcode AS zip FROM t;
