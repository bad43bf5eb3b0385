-- refused: ranges whose attributes come, go or move
CREATE TYPE ct AS (b text, a bigint); CREATE TYPE rg AS RANGE (SUBTYPE = ct); CREATE TABLE t (x rg);
