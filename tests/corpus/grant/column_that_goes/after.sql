-- roles: app reader
CREATE TABLE t (a int, c int); GRANT SELECT (a, c) ON t TO app;
