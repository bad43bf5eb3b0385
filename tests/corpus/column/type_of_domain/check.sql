SELECT a::numeric::float, b::numeric::float, e::text, f::numeric::float FROM t
