SELECT a::numeric, b::numeric, e::text, f::numeric FROM t
