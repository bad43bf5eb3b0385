"""Seed files: what they say, and how it comes into the tables."""
