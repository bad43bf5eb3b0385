-- refused: column public.p.a: it is part of the partition key
CREATE TABLE p (a bigint, b int) PARTITION BY LIST (a);
