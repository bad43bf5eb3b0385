INSERT INTO users (mail) VALUES ('x'), ('y');
