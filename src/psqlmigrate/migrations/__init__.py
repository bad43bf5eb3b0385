"""Migrations as files: no connection is opened here."""
