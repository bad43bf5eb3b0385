SET check_function_bodies = off; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM z'; CREATE TABLE a (x int, y bigint DEFAULT f()); CREATE TABLE z (x int);
