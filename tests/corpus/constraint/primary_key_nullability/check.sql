SELECT t.a, t.b, u.a, u.b FROM t, u
