CREATE TYPE ct AS (a int, b text); CREATE DOMAIN d AS ct; CREATE TYPE oo AS (i ct, n int);
CREATE TABLE t (x ct, y ct[], z d, o oo); CREATE TABLE p (k int, x ct) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
