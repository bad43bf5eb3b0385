CREATE DOMAIN d AS text CHECK (value <> 'a'); CREATE TABLE t (a d, b d[], c d NOT NULL);
