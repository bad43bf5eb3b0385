CREATE TABLE t (b integer, a text, c integer CHECK (c > b));
CREATE INDEX t_i ON t (b);
