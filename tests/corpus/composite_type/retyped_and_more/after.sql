CREATE TYPE ct AS (c date, a text); CREATE TABLE t (id int, x ct); CREATE TYPE co AS (a text, b varchar(9) COLLATE "POSIX"); CREATE TABLE c (x co); CREATE TYPE un AS (a varchar(3) COLLATE "C");
