-- roles: app reader
CREATE EXTENSION hstore;
