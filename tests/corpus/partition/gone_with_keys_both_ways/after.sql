CREATE TABLE b (id int UNIQUE, fk int);
