SELECT id, v::text, l::text FROM t ORDER BY id
