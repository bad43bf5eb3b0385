CREATE FUNCTION step(state int, n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE total (int) (SFUNC = step, STYPE = int);
CREATE TABLE t (a int); CREATE VIEW v AS SELECT total(a) AS x FROM t;
