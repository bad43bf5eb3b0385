-- requires: 18
CREATE SCHEMA s0; SET search_path = s0;
CREATE TABLE ia (a bigint);
CREATE TABLE ib (c int) INHERITS (ia);
CREATE TABLE ic (a bigint NOT NULL) INHERITS (ib);
CREATE SCHEMA s1; SET search_path = s1;
CREATE TABLE ia (a int);
CREATE TABLE ib (c int) INHERITS (ia);
CREATE TABLE ic (a int NOT NULL) INHERITS (ib);
