CREATE TABLE p (id int, n text); CREATE TABLE c (z int) INHERITS (p);
