-- requires: 18
CREATE SCHEMA s0; SET search_path = s0;
CREATE TABLE ia (a int NOT NULL);
CREATE TABLE ib (c int) INHERITS (ia);
CREATE TABLE ic (a int) INHERITS (ib);
CREATE SCHEMA s1; SET search_path = s1;
CREATE TABLE ia (a int NOT NULL);
CREATE TABLE ib (c int) INHERITS (ia);
CREATE TABLE ic (a int) INHERITS (ib);
