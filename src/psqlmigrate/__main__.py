"""`python -m psqlmigrate`."""

from psqlmigrate.cli.entry import run

run()
