CREATE TYPE num; CREATE TYPE shell;
CREATE FUNCTION num_in(cstring) RETURNS num LANGUAGE internal IMMUTABLE STRICT AS 'int4in'; CREATE FUNCTION num_out(num) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION num_recv(internal) RETURNS num LANGUAGE internal IMMUTABLE STRICT AS 'int4recv'; CREATE FUNCTION num_send(num) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE num (INPUT = num_in, OUTPUT = num_out, RECEIVE = num_recv, SEND = num_send, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, CATEGORY = 'N', DEFAULT = '7', DELIMITER = ';');
CREATE FUNCTION a_sql(num) RETURNS text LANGUAGE sql AS 'SELECT num_out($1)::text'; CREATE TABLE t (id int, n num, l num[]); CREATE VIEW v AS SELECT n FROM t;
CREATE TYPE long; CREATE FUNCTION long_in(cstring) RETURNS long LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION long_out(long) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE long (INPUT = long_in, OUTPUT = long_out, LIKE = text, COLLATABLE = true); COMMENT ON TYPE num IS 'a number'; COMMENT ON FUNCTION num_in(cstring) IS 'reads';
