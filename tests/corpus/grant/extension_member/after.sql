-- roles: app reader
CREATE EXTENSION hstore; REVOKE EXECUTE ON FUNCTION hstore(text, text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION hstore(text, text) TO app; GRANT USAGE ON TYPE hstore TO app;
