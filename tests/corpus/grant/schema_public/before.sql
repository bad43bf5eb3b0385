-- roles: app reader
CREATE SCHEMA s; CREATE TABLE s.t (a int); DROP SCHEMA public;
