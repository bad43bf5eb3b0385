SELECT a::int, b::text FROM t
