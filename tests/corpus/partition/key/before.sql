-- refused: column public.p.a: it is part of the partition key
CREATE TABLE p (a int, b int) PARTITION BY LIST (a);
