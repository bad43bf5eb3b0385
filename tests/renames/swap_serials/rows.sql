INSERT INTO a (n) VALUES (1), (2); INSERT INTO b (m) VALUES ('x'), ('y'), ('z');
