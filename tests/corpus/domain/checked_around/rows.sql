INSERT INTO t VALUES ('x', '{x,NULL,"y z"}', 'q'), (NULL, NULL, 'r'); INSERT INTO p VALUES (1, '{s}');
