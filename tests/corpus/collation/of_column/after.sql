CREATE COLLATION other (PROVIDER = icu, LOCALE = 'sv'); CREATE TABLE t (a text, b text COLLATE other); CREATE INDEX i ON t (a, b); CREATE VIEW v AS SELECT a, b FROM t;
