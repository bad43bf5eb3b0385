CREATE SCHEMA s; CREATE COLLATION s.german (PROVIDER = icu, LOCALE = 'de-u-co-phonebk'); CREATE COLLATION loose (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE COLLATION plain (LC_COLLATE = 'C', LC_CTYPE = 'POSIX'); CREATE COLLATION copy FROM "C"; COMMENT ON COLLATION s.german IS 'phone book';
CREATE DOMAIN d AS text COLLATE s.german; CREATE TYPE ct AS (x text COLLATE plain); CREATE TABLE t (a text COLLATE s.german DEFAULT ('x' COLLATE plain), b text COLLATE loose UNIQUE, c d, CHECK (a > ('b' COLLATE "C")));
CREATE INDEX i ON t (a COLLATE plain); CREATE VIEW v AS SELECT a, b COLLATE s.german AS x FROM t; CREATE TABLE p (a text COLLATE plain) PARTITION BY LIST (a COLLATE s.german);
