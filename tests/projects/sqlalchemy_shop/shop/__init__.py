"""A small shop on SQLAlchemy."""
