-- roles: app reader
CREATE TABLE t (a int); GRANT SELECT ON t TO app WITH GRANT OPTION; SET ROLE app; GRANT SELECT ON t TO reader; RESET ROLE;
