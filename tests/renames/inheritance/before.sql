CREATE TABLE base (id integer, mail text CONSTRAINT filled CHECK (mail <> ''));
CREATE TABLE child (extra integer) INHERITS (base);
CREATE TABLE grandchild () INHERITS (child);
