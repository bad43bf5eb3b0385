SELECT c::text, d::text, ca::text FROM t
