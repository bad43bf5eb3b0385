CREATE TABLE t (a int, b int);
CREATE VIEW v WITH (security_barrier=true) AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT a FROM v;
