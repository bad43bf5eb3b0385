-- requires: 18
CREATE TABLE p (a int4range, v daterange); CREATE TABLE t (a int4range, v daterange);
