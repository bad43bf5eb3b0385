"""The console entry point: a signal has to be told from a bug before anything else is imported."""

from psqlmigrate.cli import ending


def run() -> None:
    """Runs the program; see `app.run`."""
    ending.be_quick()
    from psqlmigrate.cli import app

    app.run()
