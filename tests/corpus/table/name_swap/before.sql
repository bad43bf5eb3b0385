CREATE TABLE a (x int PRIMARY KEY, ax int); CREATE TABLE b (y text, "by" int); CREATE VIEW v AS SELECT ax FROM a;
