-- requires: 15
CREATE TABLE t (a int);
