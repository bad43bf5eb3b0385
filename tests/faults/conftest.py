"""Projects to break."""

from pathlib import Path

import pytest

from faults.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
