INSERT INTO app.users (n) VALUES (1), (2);
