-- requires: 15
CREATE TABLE t (a int, CONSTRAINT u UNIQUE (a)); CREATE UNIQUE INDEX i ON t (a);
