CREATE TABLE t (a text COMPRESSION pglz, b text, c text);
ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER a SET STATISTICS 0, ALTER a SET (n_distinct = -0.5, n_distinct_inherited = 3);
