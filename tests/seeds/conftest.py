"""Seed files against a fresh database."""

from pathlib import Path

import pytest

from psqlmigrate.postgres.target import Target
from seed_files import Seeds


@pytest.fixture
def seeds(tmp_path: Path, database: Target) -> Seeds:
    return Seeds(tmp_path, database)


@pytest.fixture
def any_seeds(tmp_path: Path, any_database: Target) -> Seeds:
    return Seeds(tmp_path, any_database)
