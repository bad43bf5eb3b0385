CREATE TYPE ct AS (a bigint, b numeric, c smallint, "D d" varchar(5)); COMMENT ON TYPE ct IS 'kept';
CREATE TABLE t (id int, x ct NOT NULL DEFAULT ROW(1, NULL, NULL, 'd'), z ct); CREATE VIEW v AS SELECT (x).a FROM t;
CREATE FUNCTION f(x ct) RETURNS int LANGUAGE sql AS 'SELECT 1';
