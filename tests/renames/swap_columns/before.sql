CREATE TABLE t (a integer, b text, c integer CHECK (c > a));
CREATE INDEX t_i ON t (a);
