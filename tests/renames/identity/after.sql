CREATE TABLE people (key bigint GENERATED ALWAYS AS IDENTITY, n integer);
