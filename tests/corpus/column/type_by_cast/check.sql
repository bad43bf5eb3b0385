SELECT a::int, b::int FROM t ORDER BY 1
