SELECT attrelid::regclass::text, attidentity::text FROM pg_attribute WHERE attname = 'id' ORDER BY 1
