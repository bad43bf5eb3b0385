CREATE TABLE t (a text, b text, c text);
ALTER TABLE t ALTER c SET STATISTICS 10, ALTER c SET (n_distinct = 5);
