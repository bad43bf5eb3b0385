CREATE FUNCTION same(int, int) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4eq'; CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'int4pl';
CREATE OPERATOR === (FUNCTION = same, LEFTARG = int, RIGHTARG = int, RESTRICT = eqsel); CREATE OPERATOR |#| (FUNCTION = plus, LEFTARG = int, RIGHTARG = int);
CREATE TABLE t (a int, CHECK (a === a)); CREATE VIEW v AS SELECT a |#| 1 AS x FROM t WHERE a === 1; COMMENT ON OPERATOR === (int, int) IS 'kept';
