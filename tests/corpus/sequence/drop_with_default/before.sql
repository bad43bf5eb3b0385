CREATE SEQUENCE q; CREATE TABLE t (a int DEFAULT nextval('q'), b serial); CREATE TABLE u (c serial, d int);
