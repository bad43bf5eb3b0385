-- roles: app reader
CREATE TABLE t (a int);
