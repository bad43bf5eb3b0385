SELECT a::text, b::text FROM t ORDER BY 1
