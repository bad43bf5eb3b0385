CREATE TABLE t (a int, b int, CONSTRAINT k PRIMARY KEY (a) INCLUDE (b) WITH (fillfactor = 70), CONSTRAINT x EXCLUDE USING btree (b WITH =) WITH (fillfactor = 60) WHERE (a > 0));
