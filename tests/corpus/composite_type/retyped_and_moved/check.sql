SELECT id, (x).a, (x).b, x IS DISTINCT FROM NULL, n FROM t ORDER BY id
