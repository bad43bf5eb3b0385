-- refused: column public.t.a: public.r has to be made anew
CREATE TYPE r; CREATE FUNCTION whole(r) RETURNS r LANGUAGE internal STRICT IMMUTABLE AS 'int4range_canonical';
CREATE TYPE r AS RANGE (SUBTYPE = int, CANONICAL = whole); CREATE TABLE t (a r);
