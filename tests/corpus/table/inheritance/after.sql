CREATE TABLE p (a bigint NOT NULL, n text DEFAULT 'x', CHECK (a > 0));
CREATE TABLE c (b int) INHERITS (p);
