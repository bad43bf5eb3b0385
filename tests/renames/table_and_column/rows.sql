INSERT INTO teams VALUES (1, NULL);
INSERT INTO users (team, mail, age) VALUES (1, 'A@b', 20), (1, 'c@d', 30);
INSERT INTO orders VALUES (1, 2);
UPDATE teams SET lead = 1;
REFRESH MATERIALIZED VIEW counted;
