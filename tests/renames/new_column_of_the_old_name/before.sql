CREATE TABLE t (id integer, name text);
CREATE VIEW v AS SELECT name FROM t;
