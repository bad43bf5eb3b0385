INSERT INTO t VALUES (ROW('a', 1), 'b', ARRAY[ROW('b', 2)::ct]);
