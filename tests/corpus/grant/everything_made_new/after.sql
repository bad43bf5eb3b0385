-- roles: app re.a-der
CREATE SCHEMA s; CREATE TABLE s.t (a int, "b c" int); CREATE VIEW s.v AS SELECT a FROM s.t; CREATE FUNCTION s.f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT USAGE ON SCHEMA s TO app; GRANT SELECT ON s.t, s.v TO app; GRANT UPDATE ("b c") ON s.t TO "re.a-der"; REVOKE ALL ON FUNCTION s.f(int, text) FROM PUBLIC;
