-- roles: app reader
CREATE TABLE t (a int); GRANT SELECT, UPDATE ON t TO app WITH GRANT OPTION;
