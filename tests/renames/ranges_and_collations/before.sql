CREATE TYPE span AS RANGE (SUBTYPE = float8);
CREATE COLLATION german (PROVIDER = icu, LOCALE = 'de');
CREATE TYPE num; CREATE FUNCTION num_in(cstring) RETURNS num LANGUAGE internal IMMUTABLE STRICT AS 'int4in'; CREATE FUNCTION num_out(num) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; CREATE TYPE num (INPUT = num_in, OUTPUT = num_out, LIKE = int4);
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE OPERATOR FAMILY fam USING btree; CREATE OPERATOR CLASS down FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int);
CREATE TABLE t (id int, a span DEFAULT span(1, 2), b span_multirange, c text COLLATE german, n num);
CREATE INDEX i ON t (id down, c COLLATE german); CREATE VIEW v AS SELECT total(id) AS x, span(1, 3) AS s, span_multirange(span(1, 3)) AS m FROM t;
