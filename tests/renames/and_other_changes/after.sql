CREATE TABLE people (id serial PRIMARY KEY, email text NOT NULL, old integer, added integer DEFAULT 3);
CREATE VIEW v AS SELECT email, added FROM people;
CREATE INDEX people_email_idx ON people (email, added);
