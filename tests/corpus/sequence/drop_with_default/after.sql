CREATE TABLE t (a int, b int NOT NULL); CREATE TABLE u (d int);
