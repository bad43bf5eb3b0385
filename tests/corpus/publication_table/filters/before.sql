-- requires: 15
CREATE TABLE t (a int PRIMARY KEY, b int, c int);
CREATE TABLE k (a int PRIMARY KEY);
CREATE TABLE p (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE PUBLICATION x FOR TABLE t (a, b) WHERE (b > 0), p WHERE (a > 1), k WITH (publish = 'insert', publish_via_partition_root);
COMMENT ON PUBLICATION x IS 'x';
