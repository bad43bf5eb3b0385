INSERT INTO users (mail, old) VALUES ('x', 1);
