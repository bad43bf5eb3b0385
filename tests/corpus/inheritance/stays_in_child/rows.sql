INSERT INTO c (a, b) VALUES (1, 2); INSERT INTO g (a, b) VALUES (1, 2);
