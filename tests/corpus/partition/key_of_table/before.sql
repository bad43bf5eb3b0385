CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE t (a int, b mood, c varchar(10)) PARTITION BY LIST (a);
CREATE TABLE t_1 PARTITION OF t DEFAULT;
