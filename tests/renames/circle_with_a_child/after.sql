CREATE TABLE p (b integer);
CREATE TABLE c (d text) INHERITS (p);
CREATE TABLE g (a text) INHERITS (c);
