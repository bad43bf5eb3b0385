-- refused: table public.u: rows has to be made anew
CREATE ACCESS METHOD rows TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE u (a int) USING rows;
