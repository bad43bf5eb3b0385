INSERT INTO t VALUES (1, 'good', 'x'), (2, 'bad', 'y');
