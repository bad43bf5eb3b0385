-- refused: column public.t.v: it is part of the partition key
CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE t (v e) PARTITION BY LIST (v);
