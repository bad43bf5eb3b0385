CREATE TYPE ct AS (c date, a text); CREATE TABLE t (id int, x ct);
