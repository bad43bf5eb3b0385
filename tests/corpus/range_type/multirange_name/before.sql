CREATE TYPE r AS RANGE (SUBTYPE = float8); CREATE TABLE t (a r, b r_multirange); CREATE VIEW v AS SELECT r_multirange(a) AS x FROM t;
