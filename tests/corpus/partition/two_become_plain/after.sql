CREATE TYPE mood AS ENUM ('c', 'b', 'a');
CREATE TABLE t (id int PRIMARY KEY, c bigint, d mood);
CREATE INDEX t_c ON t (c);
CREATE TABLE w (id int PRIMARY KEY, t_id int REFERENCES t, m mood DEFAULT 'a');
