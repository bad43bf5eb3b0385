CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE t (a int OPTIONS (column_name 'x', other 'y'), b int OPTIONS (column_name 'b'), c int, gone int OPTIONS (column_name 'g')) SERVER s;
