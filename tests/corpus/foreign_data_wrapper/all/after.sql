CREATE EXTENSION postgres_fdw;
CREATE FOREIGN DATA WRAPPER "Other" OPTIONS (debug 'it''s');
CREATE FOREIGN DATA WRAPPER plain VALIDATOR postgresql_fdw_validator;
CREATE FOREIGN DATA WRAPPER w HANDLER postgres_fdw_handler OPTIONS (fdw_tuple_cost '3', "new one" 'x');
COMMENT ON FOREIGN DATA WRAPPER w IS 'w';
