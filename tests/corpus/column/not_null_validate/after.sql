-- requires: 18
CREATE TABLE t (a int CONSTRAINT an NOT NULL);
CREATE TABLE u (a int NOT NULL);
