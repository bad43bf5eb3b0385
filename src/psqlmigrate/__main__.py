"""`python -m psqlmigrate`."""

from psqlmigrate.cli.app import run

run()
