-- roles: app reader
CREATE SCHEMA z;
