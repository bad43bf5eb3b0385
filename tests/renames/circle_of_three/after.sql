CREATE TABLE b (x integer);
CREATE TABLE c (y integer);
CREATE TABLE a (z integer);
CREATE TABLE e (z integer);
