-- requires: 18
CREATE TABLE p (a int4range, v daterange, CONSTRAINT pk PRIMARY KEY (a, v WITHOUT OVERLAPS)); CREATE TABLE t (a int4range, v daterange, CONSTRAINT fk FOREIGN KEY (a, PERIOD v) REFERENCES p (a, PERIOD v));
