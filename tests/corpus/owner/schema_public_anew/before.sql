-- roles: app
CREATE TABLE t (a int);
ALTER SCHEMA public OWNER TO app;
