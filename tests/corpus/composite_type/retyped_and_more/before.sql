CREATE TYPE ct AS (a int, b text); CREATE TABLE t (id int, x ct); CREATE TYPE co AS (a text COLLATE "C", b varchar(5)); CREATE TABLE c (x co); CREATE TYPE un AS (a int);
