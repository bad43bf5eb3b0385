SELECT p1.a, p2.a FROM p1, p2
