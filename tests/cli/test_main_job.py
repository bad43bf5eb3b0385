"""From nothing to a migrated database and back, through the command line."""

import errno
import json
import re
from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.script import split
from psqlmigrate.service import initializing


def _edit(project: Path, old: str, new: str) -> None:
    path = project / "schema.sql"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_up_and_down_with_rows(run: Run, project: Path, database: Target) -> None:
    assert run("init", "--models", "schema.sql")[0] == 0
    assert run("check")[0] == 1
    code, out, _ = run("autogenerate", "first")
    assert code == 0
    assert re.search(r"certified in .* s: up, down, up", out)
    assert run("upgrade")[0] == 0
    assert run("check")[0] == 0
    assert "nothing to do" in run("autogenerate", "again")[1]
    assert len(list((project / "migrations").glob("*.py"))) == 1
    with connect(database) as connection:
        connection.execute("INSERT INTO customers (email, name) VALUES ('a@b', 'A')")
        connection.execute("INSERT INTO orders (customer_id, total) VALUES (1, 9.5)")
    _edit(project, "'paid', 'sent'", "'paid', 'packed', 'sent'")
    _edit(project, "numeric(12, 2)", "numeric(14, 3)")
    _edit(project, "name varchar(80) NOT NULL", "name text NOT NULL, phone text")
    assert run("autogenerate", "second")[0] == 0
    assert len(list((project / "migrations").glob("*.py"))) == 3
    assert run("upgrade")[0] == 0
    assert run("status", "--exit-code")[0] == 0
    assert "2 reverted, 2 pending" in run("downgrade", "-2")[1]
    assert run("upgrade", "+1")[0] == 0
    assert run("upgrade")[0] == 0
    with connect(database) as connection:
        row = connection.execute(
            "SELECT name, total, state::text FROM customers JOIN orders ON true"
        )
        name, total, state = row.fetchone() or ("", 0, "")
    assert (name, float(total), state) == ("A", 9.5, "new")
    assert json.loads(run("history", "--json")[1])["result"]["rows"][0]["message"] == "second"
    assert run("downgrade", "base")[0] == 0
    assert run("diff", "database", "empty") == (0, "", "")


def test_stamp_show_heads_and_current(run: Run) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first", "--sql")
    assert run("stamp", "head")[0] == 0
    version = run("current")[1].strip()
    assert version in run("heads")[1]
    assert "psqlmigrate: up" in run("show", version[:8])[1]
    assert run("validate")[0] == 1
    assert run("status", "--full", "--no-models")[0] == 0


def test_heads_where_there_is_none(run: Run) -> None:
    assert run("heads") == (0, "", "no migrations\n")
    assert run("heads", "-q") == (0, "", "")


def test_a_range_of_sql_is_an_upgrade(run: Run) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first", "--sql")
    assert run("sql", "base:head") == run("sql", "upgrade", "base:head") == run("sql")
    code, out, err = run("sql", "base:head", "base:head")
    assert (code, out) == (2, "")
    assert "two ranges" in err
    assert run("sql", "sideways")[0] == 2


def test_an_empty_message_is_refused(run: Run, project: Path) -> None:
    run("init", "--models", "schema.sql")
    for further in ((), ("--empty",)):
        code, out, err = run("autogenerate", " ", *further)
        assert (code, out) == (2, "")
        assert "the message is empty" in err
    assert not list((project / "migrations").glob("*.*"))


def test_diff_prints_a_plan_that_works(run: Run, database: Target) -> None:
    code, out, _ = run("diff", "empty", "./schema.sql", "--exit-code")
    assert code == 1
    with connect(database) as connection:
        connection.execute(out.encode())
    assert run("diff", "database", "schema.sql") == (0, "", "")


@pytest.mark.usefixtures("without_aggregates")
def test_what_is_not_compared_is_named(run: Run, project: Path) -> None:
    text = "CREATE AGGREGATE unheard_of(int) (SFUNC = int4larger, STYPE = int);\n"
    (project / "other.sql").write_text(text)
    code, out, err = run("diff", "empty", "other.sql")
    assert (code, out) == (0, "")
    assert "not compared: aggregate public.unheard_of(integer)" in err


def test_a_failing_migration_leaves_nothing(run: Run, project: Path, database: Target) -> None:
    run("init", "--models", "schema.sql")
    path = project / "migrations" / "20260101_000000_bad.sql"
    path.write_text(
        "-- psqlmigrate: up\nCREATE TABLE a (i int);\nSELECT 1/0;\n-- psqlmigrate: down\n"
    )
    code, _, err = run("upgrade")
    assert code == 3
    assert "division by zero" in err
    assert "20260101_000000_bad.sql:3" in err
    with connect(database) as connection:
        assert connection.execute("SELECT to_regclass('a')").fetchone() == (None,)
    assert "none" in run("current")[1]


@pytest.mark.parametrize(
    ("files", "arguments", "code", "words"),
    [
        ({}, ("upgrade", "2026"), 2, "no migration has the version"),
        ({"20260101_000000_a.py": "class A(:"}, ("status",), 3, "20260101_000000_a.py:1"),
        (
            {
                "20260101_000000_a.sql": "-- psqlmigrate: up",
                "20260101_000000_b.sql": "-- psqlmigrate: up",
            },
            ("heads",),
            5,
            "two migrations have the version",
        ),
        (
            {
                "20260101_000000_a.sql": "-- psqlmigrate: up",
                "20260102_000000_b.sql": "-- depends_on: 20250101_000000\n-- psqlmigrate: up",
            },
            ("upgrade",),
            5,
            "there is no such migration",
        ),
        (
            {
                "20260101_000000_a.sql": "-- psqlmigrate: up",
                "20260102_000000_b.sql": "-- depends_on: 20260101_000000\n-- psqlmigrate: up",
                "20260103_000000_c.sql": "-- depends_on: 20260101_000000\n-- psqlmigrate: up",
            },
            ("upgrade",),
            5,
            "heads",
        ),
        ({}, ("autogenerate", "x", "--models", "nope.sql"), 2, "there is no"),
        ({}, ("check", "--models", "nope"), 3, "nope"),
        ({}, ("diff", "empty", "broken.sql"), 3, "broken.sql:2"),
        ({}, ("status", "--url", "postgresql://nobody:canary@127.0.0.1:1/x"), 3, "cannot connect"),
        ({}, ("status", "--url", "mysql://x"), 2, "postgresql://"),
    ],
)
def test_bad_input(
    run: Run,
    project: Path,
    files: dict[str, str],
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    folder = project / "migrations"
    folder.mkdir()
    (project / "broken.sql").write_text("CREATE TABLE ok (a int);\nCREATE TABEL t (a int);\n")
    for name, text in files.items():
        (folder / name).write_text(text)
    before = sorted(path.name for path in project.rglob("*"))
    given, out, err = run(*arguments)
    assert (given, out) == (code, "")
    assert words in err
    assert "canary" not in err
    assert "Traceback" not in err
    assert sorted(path.name for path in project.rglob("*")) == before


def test_an_edited_file_is_refused(run: Run, project: Path) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    run("upgrade")
    path = next((project / "migrations").glob("*.py"))
    path.write_text(path.read_text() + "\n# edited\n")
    code, _, err = run("upgrade")
    assert code == 5
    assert "edited" in err
    assert "edited after it was applied" in run("verify")[1]
    assert run("verify", "--accept", path.name[:15])[0] == 0
    assert run("upgrade")[0] == 0
    assert run("verify")[0] == 0
    path.unlink()
    code, _, err = run("upgrade")
    assert code == 5
    assert f"verify --accept {path.name[:15]} takes it out of the history" in err
    code, out, _ = run("verify")
    assert code == 1
    assert f"verify --accept {path.name[:15]}" in out
    code, out, _ = run("verify", "--accept", path.name[:15])
    assert (code, out) == (0, f"{path.name[:15]}  counts as not applied\n")
    assert run("verify", "--accept", path.name[:15])[0] == 2
    (path.parent / "certificates" / f"{path.name[:15]}.json").unlink()
    assert run("verify")[0] == 0
    assert run("upgrade")[0] == 0
    assert "no migration is applied" in run("history")[1]
    assert run("status", "--no-models")[0] == 0


def test_sql_does_what_upgrade_does(run: Run, database: Target) -> None:
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    code, out, _ = run("sql")
    assert code == 0
    with connect(database) as connection:
        for one in split(out.replace("\\set ON_ERROR_STOP on", "")):
            connection.execute(one.text.encode())
    assert run("check")[0] == 0
    assert "first" in run("history")[1]
    assert run("verify")[0] == 0
    assert run("upgrade")[1].startswith("nothing to do")
    assert "DROP TABLE" in run("sql", "downgrade")[1]
    assert run("sql", "upgrade", "head:head")[1] == ""


def test_errors_as_json(run: Run) -> None:
    code, out, _ = run("show", "1", "--json")
    answer = json.loads(out)
    assert (code, answer["ok"], answer["error"]["code"]) == (2, False, "unknown_version")


def test_configuration_errors(run: Run, project: Path) -> None:
    (project / "psqlmigrate.toml").write_text('modles = ["a"]\n')
    code, _, err = run("status")
    assert code == 2
    assert "did you mean models" in err
    (project / "psqlmigrate.toml").write_text("lock_wait = 'x'\n")
    assert run("status")[0] == 2


def test_profiles(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(tmp_path / "config"))
    save = ("users", "--save", "prod", "--host", "db", "--database", "app", "--username", "me")
    assert run(*save, "--default")[0] == 0
    assert "prod" in run("users", "--list")[1]
    assert json.loads(run("users", "--show", "prod", "--json")[1])["ok"]
    assert "comes first here" in run("users", "--use", "prod")[2]
    code, _, err = run("users", "--use", "prdo")
    assert code == 2
    assert "prod" in err
    assert run("status", "--profile", "prod", "--url", "embedded")[0] == 2
    assert run("users", "--remove", "prod")[0] == 0
    assert run("users")[0] == 2


def _chain(project: Path, count: int) -> list[str]:
    (project / "migrations").mkdir()
    versions = [f"2026010{day}_000000" for day in range(1, count + 1)]
    for version in versions:
        text = f"-- psqlmigrate: up\nCREATE TABLE t{version} ();\n"
        text += f"-- psqlmigrate: down\nDROP TABLE t{version};\n"
        (project / "migrations" / f"{version}_t.sql").write_text(text)
    return versions


def test_show_takes_what_upgrade_and_downgrade_take(run: Run, project: Path) -> None:
    first, second, third = _chain(project, 3)
    run("upgrade", "+2")
    meant = {
        "head": third,
        "base": first,
        "+1": third,
        "-1": second,
        "-2": first,
        "20260102": second,
    }
    for target, version in meant.items():
        code, out, err = run("show", target)
        assert (code, err) == (0, "")
        assert out.startswith(version)
    for target in ("+2", "-3", "2026", "+0"):
        assert run("show", target)[1] == ""
    code, _, err = run("show", "--sql")
    assert code == 2
    assert "no such option '--sql'" in err
    assert "psqlmigrate show --help" in err


def test_a_script_of_nothing_is_empty(run: Run, project: Path) -> None:
    _chain(project, 1)
    for words in (("downgrade", "base:base"), ("upgrade", "head:head")):
        assert run("sql", *words) == (0, "", "nothing to do\n")
        assert run("sql", "-q", *words) == (0, "", "")
    assert json.loads(run("sql", "head:head", "--json")[1])["result"] == {"sql": ""}


@pytest.mark.parametrize("span", ["head:base", "base", "20260102:20260101", "head:20260101"])
def test_an_upgrade_by_script_does_not_go_back(run: Run, project: Path, span: str) -> None:
    _chain(project, 3)
    code, out, err = run("sql", "upgrade", span)
    assert (code, out) == (2, "")
    assert "an upgrade does not go back" in err
    back = span if ":" in span else f"head:{span}"
    assert f"psqlmigrate sql downgrade {back} does" in err
    assert run("sql", "downgrade", back)[0] == 0


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no space left")


def test_the_configuration_of_another_init_is_kept(run: Run, project: Path) -> None:
    """Another one wrote it after this one had looked; it is not taken away on a failure either."""

    def meanwhile(*_: object) -> list[str]:
        (project / "psqlmigrate.toml").write_text("# of another\n")
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(initializing, "_take_over", meanwhile)
        code, out, err = run("init")
        assert (code, err) == (0, "")
        assert "psqlmigrate.toml was there" in out
        (project / "psqlmigrate.toml").unlink()
        patch.setattr(initializing, "create", _full)
        assert run("init")[0] != 0
    assert (project / "psqlmigrate.toml").read_text() == "# of another\n"
