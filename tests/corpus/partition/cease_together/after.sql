CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE TABLE w (id int PRIMARY KEY, b numeric, t_id int CONSTRAINT w_t REFERENCES t);
