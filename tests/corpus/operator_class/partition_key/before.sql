-- refused: table public.p: public.oc(btree) has to be made anew
CREATE FUNCTION cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT -btint4cmp($1, $2)'; CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 3 =, OPERATOR 5 <, FUNCTION 1 cmp(int, int);
CREATE TABLE p (a int) PARTITION BY RANGE (a oc);
