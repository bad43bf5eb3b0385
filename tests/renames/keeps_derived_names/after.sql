CREATE SEQUENCE users_id_seq AS integer;
CREATE TABLE people (id integer NOT NULL DEFAULT nextval('users_id_seq'), email text,
    CONSTRAINT users_pkey PRIMARY KEY (id), CONSTRAINT users_mail_key UNIQUE (email));
ALTER SEQUENCE users_id_seq OWNED BY people.id;
CREATE VIEW v AS SELECT email AS mail FROM people;
