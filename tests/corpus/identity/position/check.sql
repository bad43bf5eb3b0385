SELECT max(s.id), max(n.id) FROM s, n
