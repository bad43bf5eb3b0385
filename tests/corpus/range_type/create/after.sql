CREATE FUNCTION gap(time, time) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT extract(epoch from ($1 - $2))';
CREATE TYPE timerange AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = gap);
CREATE TYPE words AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops, MULTIRANGE_TYPE_NAME = many_words);
CREATE DOMAIN day AS date; CREATE TYPE days AS RANGE (SUBTYPE = day);
CREATE TABLE t (id int, a timerange DEFAULT timerange('10:00', '11:00'), b timemultirange[], c words, CHECK (NOT isempty(a)), EXCLUDE USING gist (a WITH &&));
CREATE VIEW v AS SELECT range_agg(a) AS r, many_words(c) AS m FROM t GROUP BY c; CREATE FUNCTION f(timemultirange) RETURNS words LANGUAGE sql AS 'SELECT NULL::words';
COMMENT ON TYPE timerange IS 'within a day'; COMMENT ON TYPE many_words IS 'many';
