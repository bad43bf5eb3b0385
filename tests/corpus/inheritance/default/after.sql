CREATE TABLE p (a int DEFAULT 4, b int); CREATE TABLE c (d int) INHERITS (p);
