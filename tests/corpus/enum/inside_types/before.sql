CREATE TYPE e AS ENUM ('a', 'b'); CREATE TYPE ct AS (x e, n int); CREATE DOMAIN de AS e; CREATE TABLE t (c ct, d de, ca ct[]);
