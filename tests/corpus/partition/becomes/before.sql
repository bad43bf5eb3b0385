-- refused: table public.p: a partitioned table cannot become an ordinary one
CREATE TABLE p (a int, b int);
