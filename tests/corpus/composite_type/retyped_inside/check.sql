SELECT x::text, y::text, z::text, o::text, (SELECT x::text FROM p) FROM t
