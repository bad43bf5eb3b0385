SELECT id, a::text, b::text, c::text, e::text FROM t
