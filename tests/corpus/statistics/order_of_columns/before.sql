CREATE TABLE t (a int, b text, c date);
CREATE STATISTICS s ON a, b FROM t;
CREATE STATISTICS s2 ON (a + 1), c, b FROM t;
