CREATE SCHEMA s0; SET search_path = s0;
CREATE DOMAIN d AS text NOT NULL CHECK (value <> ''); CREATE TABLE t (a d, b d[]); CREATE TYPE ct AS (x d); CREATE TABLE u (c ct);
CREATE SCHEMA s1; SET search_path = s1;
CREATE DOMAIN d AS text CHECK (value <> ''); CREATE DOMAIN e AS d; CREATE TABLE t (a e, b e[]);
