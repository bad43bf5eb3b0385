CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE orders (user_id integer, CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users (id));
