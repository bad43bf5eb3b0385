CREATE TABLE t (a int, b int); CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t WHERE a > 0; CREATE VIEW w AS SELECT a, b FROM t;
