INSERT INTO t VALUES ('b', '{a,b}', '(1,x)', 3);
