INSERT INTO t VALUES (1, 2); SELECT nextval('s1');
