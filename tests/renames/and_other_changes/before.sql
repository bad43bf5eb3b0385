CREATE TABLE users (id serial PRIMARY KEY, mail varchar(20), old integer);
CREATE VIEW v AS SELECT mail FROM users;
CREATE INDEX users_mail_idx ON users (mail);
