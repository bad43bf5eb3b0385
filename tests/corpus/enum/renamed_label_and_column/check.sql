SELECT v::text, w::text FROM t
