CREATE TABLE q (id int NOT NULL, m text); CREATE TABLE p (n text); CREATE TABLE c (z int) INHERITS (q);
