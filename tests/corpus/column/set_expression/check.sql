SELECT a, b % a FROM t
