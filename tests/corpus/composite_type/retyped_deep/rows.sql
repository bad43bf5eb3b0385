INSERT INTO t (id, x[1].a, x[1].b, x[2].b) VALUES (1, 7, 'a "quoted", (text)', NULL), (2, NULL, NULL, '');
INSERT INTO t (id, y.a, y.b, p.i.a, p.n) VALUES (3, 8, 'd', 9, 10);
INSERT INTO t (id, z[1].a, z[1].b, o[1].i.a, o[1].n, o[2].i.b) VALUES (4, 11, 'm', 12, 13, 'o');
INSERT INTO t (id, x) VALUES (5, NULL), (6, '{}'), (7, ARRAY[NULL, NULL]::ct[]);
INSERT INTO below (id, "Q.q"[1].a) VALUES (8, 5);
INSERT INTO whole (id, x[1].a, x[2].b) VALUES (1, 14, 'w');
