CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION c (COPY = english);
CREATE TEXT SEARCH CONFIGURATION o (PARSER = "default");
CREATE TABLE t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('o', a)) STORED);
CREATE INDEX i ON t USING gin (to_tsvector('public.c', a));
