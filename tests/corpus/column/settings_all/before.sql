CREATE TABLE t (a text, b text COMPRESSION lz4, c text);
ALTER TABLE t ALTER c SET STATISTICS 10, ALTER c SET (n_distinct = 5);
