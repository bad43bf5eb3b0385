CREATE TYPE ct AS (b bigint, a int); CREATE TABLE t (id int, x ct, n int) PARTITION BY RANGE (id); CREATE TABLE p PARTITION OF t DEFAULT;
