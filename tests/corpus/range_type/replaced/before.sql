CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE DOMAIN d AS r CHECK (NOT isempty(VALUE));
CREATE TABLE t (id int, a r NOT NULL DEFAULT r(1, 2), b r_multirange, c r[], e d, CHECK (lower(a) > 0)); CREATE INDEX i ON t USING gist (a);
CREATE VIEW v AS SELECT a, r(1, 3) AS x FROM t; CREATE FUNCTION f(r) RETURNS r LANGUAGE sql AS 'SELECT $1'; COMMENT ON TYPE r IS 'kept';
