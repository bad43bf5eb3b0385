-- requires: 16
CREATE TABLE t (a text);
