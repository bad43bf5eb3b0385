INSERT INTO t VALUES (ROW(1, 'a'), ARRAY[ROW(2, 'b,"')::ct], ROW(3, 'c'), ROW(ROW(4, 'd'), 5)); INSERT INTO p VALUES (1, ROW(6, 'e'));
