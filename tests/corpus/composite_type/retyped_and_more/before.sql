CREATE TYPE ct AS (a int, b text); CREATE TABLE t (id int, x ct);
