CREATE TABLE p1 (a int NOT NULL, b bigint); CREATE TABLE p2 (a int NOT NULL, c text);
