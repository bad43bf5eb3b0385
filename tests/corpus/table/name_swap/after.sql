CREATE TABLE b (x int PRIMARY KEY, ax int); CREATE TABLE a (y text, "by" int); CREATE VIEW v AS SELECT ax FROM b;
