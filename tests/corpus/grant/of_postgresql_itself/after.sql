-- roles: app reader
CREATE TABLE t (a int); REVOKE EXECUTE ON FUNCTION pg_catalog.pg_backend_pid() FROM PUBLIC; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON LANGUAGE sql TO app; GRANT SELECT (usename) ON pg_catalog.pg_shadow TO reader;
