-- requires: 17
-- roles: reader app
CREATE TABLE t (a int, b int);
CREATE TABLE u (a int);
CREATE TABLE v (a int);
CREATE VIEW w AS SELECT 1 AS a;
GRANT SELECT ON u TO reader;
GRANT ALL ON v TO reader WITH GRANT OPTION;
