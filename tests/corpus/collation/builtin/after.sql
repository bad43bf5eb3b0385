-- requires: 17
CREATE COLLATION b (PROVIDER = builtin, LOCALE = 'C.UTF-8'); CREATE TABLE t (a text COLLATE b);
