"""What a PostgreSQL schema is: pure values, no I/O."""
