CREATE TYPE e AS ENUM ('b', 'a'); CREATE TYPE ct AS (x e, n int); CREATE DOMAIN de AS e; CREATE TABLE t (c ct, d de, ca ct[]);
