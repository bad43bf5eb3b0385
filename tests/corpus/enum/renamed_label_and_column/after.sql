CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (v text DEFAULT 'x', w e DEFAULT 'a');
