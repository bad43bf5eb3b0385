CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE t (a bigint OPTIONS (column_name 'z', "Third" 'it''s'), b int, c int OPTIONS (column_name 'c')) SERVER s;
CREATE FOREIGN TABLE made (a int OPTIONS (x 'y') NOT NULL) SERVER s;
