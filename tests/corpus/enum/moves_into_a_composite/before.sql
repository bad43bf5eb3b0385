CREATE TYPE e AS ENUM ('x', 'y');
CREATE TABLE a (m e[]);
