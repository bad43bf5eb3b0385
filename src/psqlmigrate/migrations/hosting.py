"""Running the Python of migrations, which may do whatever a program may do."""

import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout

from psqlmigrate.migrations import raised


@contextmanager
def hosted() -> Generator[None]:
    """Around a migration's own code: what it prints is no result, and goes to stderr.

    Raises RuntimeError where it would end the program: nobody may take a run for a success that has
    done nothing.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - what is left would end the program
        made = RuntimeError(f"it would end psqlmigrate by {raised.words(error)}")
        raise made.with_traceback(error.__traceback__) from None
