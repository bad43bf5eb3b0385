-- requires: 15
CREATE TABLE t (a bigint PRIMARY KEY, b bigint, d int);
CREATE TABLE k (a int PRIMARY KEY);
CREATE TABLE p (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE PUBLICATION x FOR TABLE t (a, d) WHERE (b > 0), k WITH (publish = 'insert');
COMMENT ON PUBLICATION x IS 'x';
