CREATE TABLE s (id serial PRIMARY KEY, x int); CREATE TABLE n (id int PRIMARY KEY, x int);
