-- refused: ranges whose attributes come, go or move
CREATE TYPE ct AS (a int, b text); CREATE TYPE rg AS RANGE (SUBTYPE = ct); CREATE TABLE t (x rg);
