CREATE TABLE p (a int, b int) PARTITION BY LIST (a); CREATE TABLE p1 (a int, b int); CREATE INDEX i ON p (b); CREATE INDEX own ON p1 (b);
