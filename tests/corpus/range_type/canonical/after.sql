CREATE SCHEMA s; CREATE TYPE s.r; CREATE FUNCTION s.whole(s.r) RETURNS s.r LANGUAGE internal STRICT IMMUTABLE AS 'int4range_canonical';
CREATE TYPE s.r AS RANGE (SUBTYPE = int, CANONICAL = s.whole, SUBTYPE_DIFF = int4range_subdiff);
CREATE FUNCTION s.uses(s.r) RETURNS int LANGUAGE sql AS 'SELECT lower($1)'; CREATE TABLE t (a s.r DEFAULT s.r(1, 2));
