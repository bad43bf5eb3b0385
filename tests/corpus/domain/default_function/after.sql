CREATE SCHEMA s; CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SET search_path = s, public; CREATE DOMAIN public.d AS int DEFAULT f(); CREATE TABLE public.t (a public.d);
