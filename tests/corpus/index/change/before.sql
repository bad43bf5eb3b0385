CREATE TABLE t (a int, b text, j jsonb);
CREATE INDEX i ON t (a);
CREATE INDEX k ON t (b);
