"""A small shop on PSQLModel."""
