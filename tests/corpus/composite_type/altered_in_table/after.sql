CREATE TYPE ct AS (a int, c date); CREATE TABLE t (x ct, y ct[]);
