CREATE TABLE p (a int, b int) PARTITION BY LIST (a);
CREATE UNIQUE INDEX whole ON p (a, b);
