"""SQLModel's and Django's projects, through all that a project goes through."""
