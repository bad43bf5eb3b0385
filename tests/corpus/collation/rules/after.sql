-- requires: 16
CREATE COLLATION ruled (PROVIDER = icu, LOCALE = 'und', RULES = '&V << w <<< W'); CREATE TABLE t (a text COLLATE ruled);
