CREATE TABLE t (a int DEFAULT 5, b bool DEFAULT true, c bool DEFAULT true);
