CREATE FUNCTION step(state bigint, n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION done(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE AGGREGATE total (n int) (SFUNC = step, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE other (n int) (SFUNC = step, STYPE = bigint, INITCOND = '0', FINALFUNC = done);
CREATE TABLE t (a int); CREATE VIEW v AS SELECT total(a) AS x, other(a)::text AS y FROM t; CREATE MATERIALIZED VIEW m AS SELECT total(a) FROM t;
COMMENT ON AGGREGATE other (int) IS 'kept';
