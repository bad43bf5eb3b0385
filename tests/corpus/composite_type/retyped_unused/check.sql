SELECT a::int FROM v
