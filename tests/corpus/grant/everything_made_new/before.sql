-- roles: app re.a-der
CREATE TABLE other (a int);
