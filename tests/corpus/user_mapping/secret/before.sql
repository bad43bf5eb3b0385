-- refused: no plan keeps the data of user mapping
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR public SERVER s OPTIONS ("user" 'a', password 'hidden');
