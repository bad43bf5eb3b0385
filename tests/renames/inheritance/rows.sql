INSERT INTO base VALUES (1, 'a'); INSERT INTO child VALUES (2, 'b', 3); INSERT INTO grandchild VALUES (4, 'c', 5);
