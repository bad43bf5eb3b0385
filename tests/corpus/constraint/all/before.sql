CREATE EXTENSION btree_gist;
CREATE TABLE a (id int PRIMARY KEY, code text);
CREATE TABLE b (id int, a_id int);
