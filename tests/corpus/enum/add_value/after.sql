CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'it''s');
CREATE TABLE t (m mood DEFAULT 'sad', ms mood[]);
