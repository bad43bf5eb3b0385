INSERT INTO t VALUES (1, 'ä', 'b', '{x,y}', 'z', DEFAULT, 'a', '[a,c]');
