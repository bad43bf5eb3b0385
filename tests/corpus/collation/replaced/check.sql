SELECT id, a, b, l, e, g, n, q::text FROM t
