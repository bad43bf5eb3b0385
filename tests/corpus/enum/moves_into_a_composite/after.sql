CREATE TYPE e AS ENUM ('x', 'z');
CREATE TYPE p AS (m e, n text);
CREATE TABLE a (m p[]);
