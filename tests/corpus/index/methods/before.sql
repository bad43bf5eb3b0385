CREATE TABLE t (a int, b text, c int[], d point, e tsvector); CREATE INDEX i ON t (a);
