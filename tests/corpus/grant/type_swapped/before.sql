-- roles: app reader
CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (x e); REVOKE USAGE ON TYPE e FROM PUBLIC; GRANT USAGE ON TYPE e TO app; GRANT SELECT (x) ON t TO app;
