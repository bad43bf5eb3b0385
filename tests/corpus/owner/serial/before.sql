-- roles: app reader
CREATE TABLE t (a int); ALTER TABLE t OWNER TO app; CREATE TABLE u (a serial, b int GENERATED ALWAYS AS IDENTITY); ALTER TABLE u OWNER TO app;
