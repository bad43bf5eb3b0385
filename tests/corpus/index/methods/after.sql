CREATE TABLE t (a int, b text, c int[], d point, e tsvector); CREATE INDEX i ON t USING hash (a);
CREATE INDEX g ON t USING gin (c) WITH (fastupdate = off); CREATE INDEX s ON t USING gist (d); CREATE INDEX p ON t USING spgist (d); CREATE INDEX r ON t USING brin (a) WITH (pages_per_range = 4);
CREATE INDEX x ON t (lower(b) text_pattern_ops DESC NULLS LAST, (a + 1)) INCLUDE (c) WHERE b <> ' WHERE ';
CREATE INDEX y ON t USING gist (e tsvector_ops (siglen = 100)); CREATE UNIQUE INDEX z ON t (b COLLATE "C");
ALTER INDEX x ALTER COLUMN 2 SET STATISTICS 50;
