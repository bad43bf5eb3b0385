-- refused: table public.u: rows has to be made anew
CREATE FUNCTION own(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler'; CREATE ACCESS METHOD rows TYPE TABLE HANDLER own; CREATE TABLE u (a int) USING rows;
