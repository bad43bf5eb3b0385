"""Security labels are named, and compared on request."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cli.conftest import Run
from label_provider import provide_labels
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target

SCHEMA = "CREATE TABLE t (a int, b int);\n"
LABEL = "SECURITY LABEL FOR first ON TABLE t IS 'secret';\n"


@pytest.fixture
def live(server: Target, database: Target) -> Generator[Connection]:
    with connect(server) as admin:
        provide_labels(admin)
    with connect(database) as connection:
        yield connection


def test_labels_are_named_where_they_are_not_managed(
    run: Run, project: Path, live: Connection
) -> None:
    (project / "schema.sql").write_text(SCHEMA + LABEL)
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade", "--strict")[0] == 0
    live.execute("SECURITY LABEL FOR first ON TABLE t IS 'by hand'")
    code, out, err = run("drift")
    assert (code, "security label on table public.t" in out + err) == (0, True)


def test_labels_are_managed_on_request(run: Run, project: Path, live: Connection) -> None:
    (project / "schema.sql").write_text(SCHEMA + LABEL)
    (project / "psqlmigrate.toml").write_text('models = ["schema.sql"]\nmanage_labels = true\n')
    run("init")
    assert run("autogenerate", "first")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    for command in (("check",), ("validate",), ("drift",), ("status", "--exit-code")):
        assert (command, run(*command)[0]) == (command, 0)
    live.execute("SECURITY LABEL FOR first ON TABLE t IS 'by hand'")
    code, out, _ = run("drift")
    wanted = "SECURITY LABEL FOR first ON TABLE public.t IS 'secret';"
    assert (code, wanted in out) == (1, True)


@pytest.mark.parametrize("options", [("--labels",), ()])
def test_diff_compares_labels_on_request(
    run: Run, live: Connection, options: tuple[str, ...]
) -> None:
    live.execute(SCHEMA.encode() + LABEL.encode())
    code, out, _ = run("diff", "empty", "database", *options)
    assert (code, "SECURITY LABEL" in out) == (0, bool(options))
