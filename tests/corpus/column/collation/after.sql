CREATE TABLE t (a text COLLATE "C", b varchar(20)); CREATE INDEX i ON t (a);
