-- refused: it stands on what has to be made anew
CREATE COLLATION c (PROVIDER = icu, LOCALE = 'sv'); CREATE TABLE p (a text) PARTITION BY RANGE (a COLLATE c);
