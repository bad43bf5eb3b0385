CREATE TABLE t (a int);
CREATE TABLE gone (x int);
