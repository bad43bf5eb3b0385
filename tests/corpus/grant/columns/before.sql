-- roles: app reader
CREATE TABLE t (a int, b int, c int); GRANT SELECT ON t TO app; GRANT UPDATE (a, b) ON t TO app; GRANT SELECT (c) ON t TO app;
