"""What a migration's own code raises is told and kept everywhere, without a password in it."""

import json
import re
import time
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate import MigrationConfig, MigrationManager, create_engine
from psqlmigrate.errors import MigrationError
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

PASSWORD = "hunter2 of a profile"

BAD = {
    "raise.sql": (
        "-- psqlmigrate: up\nDO $$ BEGIN RAISE EXCEPTION 'no: {0}' USING DETAIL = '{0}',"
        " HINT = '{0}'; END $$;\n"
    ),
    "raise.py": (
        "from psqlmigrate import Migration\nclass M(Migration):\n    version = '20250101_000000'\n"
        "    message = 'x'\n    def up(self, engine):\n        raise ValueError('no: {0}')\n"
        "    def down(self, engine):\n        pass\n"
    ),
    "load.py": (
        "from psqlmigrate import Migration\nclass M(Migration):\n    version = '20250101_000000'\n"
        "raise ValueError('no: {0}')\n"
    ),
    "value.sql": "-- psqlmigrate: up\nSELECT '{0}'::int;\n",
}


@pytest.fixture
def profile(call: Run, database: Target) -> Run:
    """The database by a profile that has a password, which this server does not ask for."""
    params = database.params
    save = ["users", "--save", "dev", "--default", "--password", PASSWORD]
    save += ["--username", params["user"], "--host", params["host"]]
    save += ["--database", params["dbname"]]
    save += ["--port", params["port"]] if "port" in params else []
    assert call(*save)[0] == 0
    assert call("init")[0] == 0
    return call


@pytest.mark.parametrize("name", BAD)
def test_no_password_is_told(profile: Run, project: Path, database: Target, name: str) -> None:
    file = project / "migrations" / f"20250101_000000_{name}"
    file.write_text(BAD[name].format(PASSWORD))
    told = [
        profile(*words, *options)
        for words in (
            ("upgrade",),
            ("verify", "--replay"),
            ("verify", "--certify", "20250101_000000"),
            ("history", "--all"),
            ("status",),
        )
        for options in ((), ("--json",))
    ]
    # A profile does not know of the password by which the trust of this server lets us in.
    assert [one[0] for one in told[:4]] == [3, 3, 1, 1]
    for code, out, err in told:
        assert "hunter2" not in out + err, code
    assert "no: ********" in told[0][2] or "integer" in told[0][2]
    with connect(database) as connection:
        rows = connection.execute("SELECT j::text FROM _psqlmigrate_journal j").fetchall()
    assert "hunter2" not in str(rows)
    assert "********" in str(rows) or name == "load.py"


def test_a_job_keeps_none(profile: Run, project: Path, database: Target) -> None:
    (project / "migrations" / "20250101_000000_x.sql").write_text(BAD["raise.sql"].format(PASSWORD))
    job = profile("upgrade", "--background")[1].split()[-1]
    for _ in range(200):
        code, out, _ = profile("status", "--job", job, "--json")
        if json.loads(out)["result"]["status"] != "running":
            break
        time.sleep(0.1)
    assert "no: ********" in out
    with connect(database) as connection:
        rows = connection.execute("SELECT j::text FROM _psqlmigrate_jobs j").fetchall()
    assert code in {0, 1, 3}
    assert "hunter2" not in out + str(rows)


def test_the_api_and_a_certificate_keep_none(project: Path, database: Target) -> None:
    params = {**database.params, "password": PASSWORD}
    text = " ".join(f"{key}='{value}'" for key, value in params.items())
    folder = project / "migrations"
    with create_engine(text) as engine:
        manager = MigrationManager(engine)
        manager.init()
        (folder / "20250101_000000_x.sql").write_text(BAD["raise.sql"].format(PASSWORD))
        with pytest.raises(MigrationError) as caught:
            manager.upgrade()
        error = caught.value
        assert "hunter2" not in f"{error}{error!r}{error.details}{error.hint}"
        assert re.search("no: [*]+", str(error))
        lines: list[str] = []
        config = MigrationConfig(debug=True, logger=lines.append)
        with pytest.raises(MigrationError):
            MigrationManager(engine, config).upgrade()
        assert "********" in str(lines)
        assert "hunter2" not in str(lines)


def test_a_role_that_is_a_password_is_a_role_all_the_same(
    call: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_PASSWORD", "somebody_new")
    with (project / "schema.sql").open("a") as file:
        file.write("CREATE POLICY p ON orders TO somebody_new USING (true);")
    call("init", "--offline", "--models", "schema.sql")
    assert call("autogenerate", "first")[0] == 0
    assert "TO somebody_new" in next((project / "migrations").glob("*.py")).read_text()


@pytest.mark.parametrize("command", ["check", "status"])
def test_what_models_print_has_no_password(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    assert run("init")[0] == 0
    monkeypatch.setenv("PGPASSWORD", "hunter2 of a model")
    talks = "import os, sys\nprint(os.environ)\nprint('x', os.environ, file=sys.stderr)\n"
    (project / "talks.py").write_text(f"{talks}raise RuntimeError(os.environ['PGPASSWORD'])\n")
    code, out, err = run(command, "--models", "talks.py")
    assert code == 3
    assert "'PGPASSWORD': '********'" in err
    assert "hunter2" not in out + err
