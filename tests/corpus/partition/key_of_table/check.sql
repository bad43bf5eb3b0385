SELECT a, b::text, c::text FROM t ORDER BY a
