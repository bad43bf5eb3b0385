-- roles: app reader
CREATE TABLE t (a int); GRANT SELECT, INSERT ON t TO app; GRANT SELECT ON t TO PUBLIC;
