CREATE TABLE t (a int, b text, j jsonb);
CREATE UNIQUE INDEX i ON t (a DESC NULLS LAST) INCLUDE (b) WHERE a > 0;
CREATE INDEX k ON t (b) WITH (fillfactor=60);
CREATE INDEX g ON t USING gin (j jsonb_path_ops);
CREATE INDEX e ON t (lower(b) text_pattern_ops);
