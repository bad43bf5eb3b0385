CREATE TABLE users (key integer PRIMARY KEY);
CREATE TABLE orders (owner integer, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES users (key));
