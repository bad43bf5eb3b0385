CREATE EXTENSION postgres_fdw;
CREATE FOREIGN DATA WRAPPER plain;
CREATE FOREIGN DATA WRAPPER w HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
