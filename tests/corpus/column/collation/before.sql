CREATE TABLE t (a text, b varchar(10) COLLATE "C"); CREATE INDEX i ON t (a);
