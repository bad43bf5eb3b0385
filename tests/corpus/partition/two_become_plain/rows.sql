INSERT INTO t VALUES (-1, 1, 'a'), (7, 2, 'b'), (8, NULL, NULL);
INSERT INTO w (id, t_id) VALUES (1, -1), (9, 7);
