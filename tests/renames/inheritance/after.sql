CREATE TABLE root (id integer, email text CONSTRAINT not_empty CHECK (email <> ''));
CREATE TABLE child (extra integer) INHERITS (root);
CREATE TABLE grandchild () INHERITS (child);
