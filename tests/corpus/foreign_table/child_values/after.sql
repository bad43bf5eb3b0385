-- refused: converts no values of a foreign table's children
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE TYPE mood AS ENUM ('b');
CREATE FOREIGN TABLE up (m mood) SERVER s;
CREATE TABLE down () INHERITS (up);
