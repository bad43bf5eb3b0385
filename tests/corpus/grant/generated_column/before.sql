-- roles: app reader
CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); GRANT SELECT (a, b) ON t TO app;
