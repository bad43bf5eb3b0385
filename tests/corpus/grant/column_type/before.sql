-- roles: app reader
CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; GRANT SELECT (a) ON t TO app; GRANT SELECT ON v TO app;
