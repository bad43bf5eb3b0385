CREATE TABLE a (x integer PRIMARY KEY, t text);
CREATE TABLE b (x integer PRIMARY KEY, n numeric, CONSTRAINT c CHECK (n > 0));
CREATE VIEW v AS SELECT a.t, b.n FROM a JOIN b USING (x);
