CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (v e, w text DEFAULT 'a');
