CREATE TABLE l (k int);
