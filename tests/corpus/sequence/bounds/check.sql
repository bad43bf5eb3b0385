SELECT i > 0, j FROM t
