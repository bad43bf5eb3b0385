-- roles: app reader
CREATE TABLE t (a int); ALTER TABLE t OWNER TO app; GRANT INSERT ON t TO reader; CREATE TABLE u (a int); ALTER TABLE u OWNER TO reader; GRANT SELECT ON u TO app; REVOKE INSERT ON u FROM reader;
