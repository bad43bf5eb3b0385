CREATE TABLE t (key bigserial, n integer);
