INSERT INTO t (id) VALUES (1); INSERT INTO t (id, x.a) VALUES (2, 7);
