INSERT INTO t (id, z) VALUES (1, NULL), (2, ROW(NULL, NULL, NULL, NULL)); INSERT INTO t (id, x.a, x."D d") VALUES (3, 2, 'a,"b');
UPDATE t SET x.b = 12.50::numeric WHERE id = 3;
