CREATE TYPE ct AS (a int, b text, c date); CREATE TABLE t (x ct, y ct[]); CREATE VIEW v AS SELECT (x).a FROM t;
