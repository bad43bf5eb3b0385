CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('a', 'b');
CREATE DOMAIN app.positive AS integer CHECK (VALUE > 0);
CREATE TABLE app.users (id serial PRIMARY KEY, s app.state DEFAULT 'a', n app.positive);
CREATE FUNCTION app.f(app.state) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE VIEW public.v AS SELECT s, app.f(s) AS f FROM app.users;
