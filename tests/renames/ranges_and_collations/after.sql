CREATE TYPE length_of AS RANGE (SUBTYPE = float8);
CREATE COLLATION deutsch (PROVIDER = icu, LOCALE = 'de');
CREATE TYPE figure; CREATE FUNCTION num_in(cstring) RETURNS figure LANGUAGE internal IMMUTABLE STRICT AS 'int4in'; CREATE FUNCTION num_out(figure) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; CREATE TYPE figure (INPUT = num_in, OUTPUT = num_out, LIKE = int4);
CREATE AGGREGATE summed (int) (SFUNC = int4pl, STYPE = int);
CREATE OPERATOR FAMILY family_of_ints USING btree; CREATE OPERATOR CLASS falling FOR TYPE int USING btree FAMILY family_of_ints AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int);
CREATE TABLE t (id int, a length_of DEFAULT length_of(1, 2), b length_of_multirange, c text COLLATE deutsch, n figure);
CREATE INDEX i ON t (id falling, c COLLATE deutsch); CREATE VIEW v AS SELECT summed(id) AS x, length_of(1, 3) AS s, length_of_multirange(length_of(1, 3)) AS m FROM t;
