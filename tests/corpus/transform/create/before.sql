CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION gone(internal) RETURNS internal LANGUAGE internal AS 'textin'; CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
