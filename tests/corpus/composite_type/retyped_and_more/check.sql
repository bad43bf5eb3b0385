SELECT id, (x).a::text FROM t ORDER BY id
