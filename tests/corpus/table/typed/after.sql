CREATE TYPE ct AS (a bigint, b text, c date);
CREATE TABLE t OF ct (PRIMARY KEY (a), b WITH OPTIONS NOT NULL DEFAULT 'x');
CREATE TABLE u (a int, b text);
CREATE TABLE w OF ct;
CREATE TABLE x OF ct;
