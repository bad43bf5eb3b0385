-- roles: app reader
CREATE TABLE t (a int, b serial); ALTER TABLE t OWNER TO app; CREATE TABLE u (a serial, b int GENERATED ALWAYS AS IDENTITY); ALTER TABLE u OWNER TO reader; CREATE TABLE w (a serial); ALTER TABLE w OWNER TO reader;
