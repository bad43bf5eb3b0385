-- refused: column public.t.a: public.r has to be made anew
CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TABLE t (a r);
