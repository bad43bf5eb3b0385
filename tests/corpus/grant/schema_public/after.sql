-- roles: app reader
CREATE SCHEMA s; CREATE TABLE s.t (a int); REVOKE USAGE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO app;
