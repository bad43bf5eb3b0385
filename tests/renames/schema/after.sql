CREATE SCHEMA core;
CREATE TYPE core.state AS ENUM ('a', 'b');
CREATE DOMAIN core.positive AS integer CHECK (VALUE > 0);
CREATE TABLE core.people (id serial PRIMARY KEY, s core.state DEFAULT 'a', n core.positive);
CREATE FUNCTION core.f(core.state) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE VIEW public.v AS SELECT s, core.f(s) AS f FROM core.people;
