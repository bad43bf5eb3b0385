-- refused: table public.p: an ordinary table cannot become a partitioned one
CREATE TABLE p (a int, b int) PARTITION BY LIST (a);
