CREATE TABLE b (x integer PRIMARY KEY, t text);
CREATE TABLE a (x integer PRIMARY KEY, n numeric, CONSTRAINT c CHECK (n > 0));
CREATE VIEW v AS SELECT b.t, a.n FROM b JOIN a USING (x);
