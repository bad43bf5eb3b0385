CREATE SCHEMA other;
CREATE TABLE t (a int, b int, c text, d int);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE STATISTICS s ON a, d FROM t;
CREATE STATISTICS other.kinds (ndistinct, mcv) ON a, b, c FROM t;
ALTER STATISTICS other.kinds SET STATISTICS 500;
CREATE STATISTICS one ON (lower(c)) FROM t;
CREATE STATISTICS mixed (dependencies) ON a, (b + 1) FROM m;
COMMENT ON STATISTICS s IS 'both';
