CREATE TABLE t (a text, n int);
