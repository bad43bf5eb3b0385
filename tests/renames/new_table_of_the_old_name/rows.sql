INSERT INTO users (n) VALUES (1), (2);
