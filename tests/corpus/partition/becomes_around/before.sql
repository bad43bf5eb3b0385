-- refused: no plan keeps the data of table public.t: its rows are in public.one, which stays
CREATE TABLE t (a int, b text);
CREATE TABLE one (b text, a int);
