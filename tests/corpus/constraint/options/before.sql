CREATE TABLE t (a int, b int, CONSTRAINT k PRIMARY KEY (a) INCLUDE (b) WITH (fillfactor = 50), CHECK (a > 0) NO INHERIT);
