CREATE TABLE u (b int, a int); CREATE SEQUENCE t_a_seq AS int OWNED BY u.a; ALTER TABLE u ALTER a SET DEFAULT nextval('t_a_seq');
