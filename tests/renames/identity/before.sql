CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY, n integer);
