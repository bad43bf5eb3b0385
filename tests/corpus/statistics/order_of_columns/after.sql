CREATE TABLE t (b text, a int, c date);
CREATE STATISTICS s ON a, b FROM t;
CREATE STATISTICS s2 ON (a + 1), c, b FROM t;
COMMENT ON STATISTICS s IS 'of two';
