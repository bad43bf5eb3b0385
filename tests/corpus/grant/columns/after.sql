-- roles: app reader
CREATE TABLE t (a int, b int, c int); GRANT SELECT (b, c) ON t TO app; GRANT UPDATE ON t TO app; GRANT UPDATE (b) ON t TO app WITH GRANT OPTION;
