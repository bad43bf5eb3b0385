CREATE TYPE r AS RANGE (SUBTYPE = float8); CREATE TABLE t (a r, b r_multirange); CREATE INDEX i ON t USING gist (a);
