-- requires: 18
CREATE TABLE t (a int NOT NULL, b int, c int CONSTRAINT cn NOT NULL);
CREATE TABLE p (a int NOT NULL); CREATE TABLE c (b int) INHERITS (p);
