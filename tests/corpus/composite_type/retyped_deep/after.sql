CREATE TYPE ct AS (b text, a bigint);
CREATE DOMAIN d AS ct;
CREATE DOMAIN many AS ct[];
CREATE TYPE oo AS (n bigint, i ct);
CREATE TABLE t (id int, x ct[], y d, z many, o oo[], p oo, "Q.q" ct[] DEFAULT '{}');
CREATE TABLE below () INHERITS (t);
CREATE VIEW v AS SELECT id, (x[1]).a FROM t;
CREATE TABLE whole (id int, x ct[]);
CREATE TYPE gone AS (a bigint, c int); CREATE TABLE u (x gone[]);
