SELECT a::text, b::text, z::text, (SELECT b::text FROM p) FROM t ORDER BY z
