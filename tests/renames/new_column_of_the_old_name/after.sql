CREATE TABLE t (id integer, full_name text, name text);
CREATE VIEW v AS SELECT full_name AS name FROM t;
