CREATE TYPE ct AS (b text, a int); CREATE TABLE t (x ct, y ct[]); CREATE VIEW v AS SELECT (x).a FROM t;
