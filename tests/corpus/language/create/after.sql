CREATE FUNCTION call_it() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE mine HANDLER call_it INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator; CREATE TRUSTED LANGUAGE bare HANDLER plpgsql_call_handler; COMMENT ON LANGUAGE mine IS 'my own';
CREATE FUNCTION f() RETURNS int LANGUAGE mine AS 'BEGIN RETURN 1; END'; CREATE TABLE t (a int DEFAULT f());
