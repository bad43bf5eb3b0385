-- roles: app reader
CREATE TABLE t (a int); GRANT SELECT ON t TO app; GRANT INSERT ON t TO reader; CREATE TABLE u (a int); ALTER TABLE u OWNER TO app; REVOKE DELETE ON u FROM app;
