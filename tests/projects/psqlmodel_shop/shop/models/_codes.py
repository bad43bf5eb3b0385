"""Values that the program makes itself; no models here."""

import secrets


def new_reference() -> str:
    """A reference that a customer can read out on the telephone."""
    return secrets.token_hex(4).upper()
