CREATE TYPE ct AS (a int, b int); CREATE TABLE t (id int, x ct, n bigint);
