"""verify: what does not fit is found, named, and has a way out."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from psqlmigrate.cli.app import main
from psqlmigrate.errors import AppliedFileError, ProofError, UsageError
from psqlmigrate.migrations import certificate as certificates
from psqlmigrate.migrations.certificate import ObjectHashes
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import verifying
from psqlmigrate.service.certifying import write_certificate
from psqlmigrate.service.config import Config
from psqlmigrate.service.executing import Wishes, execute
from psqlmigrate.service.proving import prove
from psqlmigrate.service.verifying import VerifyResult
from psqlmigrate.service.workspace import Workspace


def _url(target: Target) -> str:
    return "postgresql:///?" + urlencode(dict(target.params))


class Project:
    """A directory of certified migrations."""

    def __init__(self, path: Path, server: Target) -> None:
        self.path = path
        self.server = server
        (path / "migrations").mkdir()

    def workspace(self, database: Target | None = None) -> Workspace:
        settings = Config(self.path, scratch_url=_url(self.server))
        return Workspace(settings, {}, _url(database) if database else None)

    def write(self, version: str, up: str, down: str = "SELECT 1", after: str = "") -> Path:
        head = f"-- depends_on: {after}\n" if after else ""
        path = self.path / "migrations" / f"{version}_step.sql"
        path.write_text(f"{head}-- psqlmigrate: up\n{up};\n-- psqlmigrate: down\n{down};\n")
        return path

    def certified(self, version: str, up: str, down: str, after: str = "") -> Path:
        path = self.write(version, up, down, after)
        self.certify(version)
        return path

    def certify(self, version: str) -> None:
        graph = Graph(read_directory(self.path / "migrations").files)
        before = graph.ancestors(version)
        earlier = tuple(one for one in graph.order if one.version in before)
        file = graph.files[version]
        with Scratch(self.server) as scratch:
            [proof] = prove(scratch, earlier, [file])
        write_certificate(file, proof, "test")

    def certificate(self, version: str) -> Path:
        return self.path / "migrations" / "certificates" / f"{version}.json"

    def change(self, version: str, /, **fields: object) -> None:
        path = self.certificate(version)
        certificates.write(path, replace(certificates.read(path), **fields))  # type: ignore[arg-type]

    def verify(self, database: Target | None = None, *, replay: bool = False) -> VerifyResult:
        return verifying.verify(self.workspace(database), with_replay=replay)

    def codes(self, database: Target | None = None, *, replay: bool = False) -> list[str]:
        return [one.code for one in self.verify(database, replay=replay).findings]


@pytest.fixture
def project(tmp_path: Path, server: Target, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(tmp_path / "home"))
    return Project(tmp_path, server)


@pytest.fixture(scope="session")
def certified_line(tmp_path_factory: pytest.TempPathFactory, server: Target) -> Path:
    """Three migrations in a line, proven once for all tests."""
    project = Project(tmp_path_factory.mktemp("line"), server)
    project.certified("1", "CREATE TABLE t (a int)", "DROP TABLE t")
    project.certified("2", "ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER a TYPE int")
    project.certified(
        "3", "ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER a DROP NOT NULL"
    )
    return project.path / "migrations"


@pytest.fixture
def line(project: Project, certified_line: Path) -> Project:
    """A copy of the three migrations."""
    shutil.copytree(certified_line, project.path / "migrations", dirs_exist_ok=True)
    return project


def test_nothing_is_found_where_all_is_well(line: Project, database: Target) -> None:
    execute(line.workspace(database), "up", "head", Wishes())
    result = line.verify(database)
    assert (result.findings, result.files, result.certified, result.database) == ((), 3, 3, True)


def test_without_a_database_the_files_are_looked_at(line: Project) -> None:
    result = line.verify()
    assert (result.findings, result.database) == ((), False)


def test_a_migration_without_a_certificate_is_counted_and_no_finding(line: Project) -> None:
    line.write("4", "SELECT 1")
    result = line.verify()
    assert (result.findings, result.files, result.certified) == ((), 4, 3)


def test_an_edited_file_is_found(line: Project) -> None:
    line.write("2", "ALTER TABLE t ALTER a TYPE bigint", "SELECT 2")
    [found] = line.verify().findings
    assert (found.code, found.where) == ("edited", "2_step.sql")
    assert "verify --certify 2" in found.way_out


def test_an_applied_file_that_was_edited_or_is_gone_is_found(
    line: Project, database: Target
) -> None:
    execute(line.workspace(database), "up", "head", Wishes())
    line.write("2", "ALTER TABLE t ALTER a TYPE bigint", "SELECT 2")
    (line.path / "migrations" / "3_step.sql").unlink()
    assert line.codes(database) == ["edited", "no_migration", "edited_applied", "missing_file"]


def test_duplicates_and_broken_files_do_not_hide_the_rest(line: Project) -> None:
    (line.path / "migrations" / "2_other.sql").write_text("-- psqlmigrate: up\n")
    (line.path / "migrations" / "9_broken.py").write_text("class X(:\n")
    line.certificate("3").write_text("{}")
    found = line.verify().findings
    assert [one.code for one in found] == ["migration_file", "duplicate_version", "edited", "state"]
    assert found[1].where == "2_other.sql and 2_step.sql"


def test_a_file_that_cannot_be_read_is_not_missing(line: Project, database: Target) -> None:
    execute(line.workspace(database), "up", "head", Wishes())
    (line.path / "migrations" / "3_step.sql").write_bytes(b"-- \xff\n")
    assert line.codes(database) == ["migration_file"]
    assert line.codes() == ["migration_file"]


def test_a_missing_parent_and_a_circle_are_findings(project: Project) -> None:
    project.write("1", "SELECT 1", after="7")
    assert project.codes() == ["dependency"]
    project.write("1", "SELECT 1", after="2")
    project.write("2", "SELECT 1", after="1")
    assert project.codes() == ["dependency"]


def test_several_heads_are_a_finding(line: Project) -> None:
    line.write("4", "SELECT 1", after="2")
    assert line.codes() == ["multiple_heads"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("format_version", 99, "other_format"),
        ("settings", "sha256:0", "other_settings"),
        ("version", "7", "other_version"),
    ],
)
def test_a_certificate_of_something_else_is_found(
    line: Project, field: str, value: object, code: str
) -> None:
    line.change("3", **{field: value})
    assert line.codes() == [code]


def test_a_broken_chain_names_object_and_migrations(line: Project) -> None:
    line.change("2", objects=(ObjectHashes("column", "public.t.a", "sha256:0", "sha256:1"),))
    found = line.verify().findings
    assert [str(one).partition("\n")[0] for one in found] == [
        "2_step.sql: column public.t.a is not as 1 left it",
        "3_step.sql: column public.t.a is not as 2 left it",
    ]


def test_the_chain_is_not_followed_through_what_is_not_certified_or_of_another_major(
    line: Project,
) -> None:
    line.change("2", objects=(ObjectHashes("column", "public.t.a", "sha256:0", "sha256:1"),))
    line.change("2", server_version=9)
    assert line.codes() == []
    line.certificate("2").unlink()
    assert line.codes() == []


def test_branches_that_touch_one_object_are_found_and_others_are_not(project: Project) -> None:
    project.certified("1", "CREATE TABLE t (a int, b int)", "DROP TABLE t")
    project.certified(
        "2", "ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER a TYPE int", "1"
    )
    project.certified(
        "3", "ALTER TABLE t ALTER b TYPE bigint", "ALTER TABLE t ALTER b TYPE int", "1"
    )
    project.certified("4", "CREATE TABLE u ()", "DROP TABLE u", "2, 3")
    assert project.codes() == []
    project.certified(
        "3", "ALTER TABLE t ALTER a TYPE text", "ALTER TABLE t ALTER a TYPE int USING a::int", "1"
    )
    found = [one for one in project.verify().findings if one.code == "branches_meet"]
    assert [one.what for one in found] == [
        "column public.t.a is touched by parallel branches: 2 and 3"
    ]


def test_a_replay_proves_all_again(line: Project) -> None:
    result = line.verify(replay=True)
    assert result.findings == ()
    assert result.replay is not None
    assert (result.replay.ran, result.replay.compared, result.replay.reverted) == (3, 3, 3)


def test_a_replay_names_the_first_migration_that_differs(line: Project) -> None:
    line.write(
        "2", "ALTER TABLE t ALTER a TYPE text", "ALTER TABLE t ALTER a TYPE int USING a::int"
    )
    found = [one for one in line.verify(replay=True).findings if one.code == "replay"]
    assert [(one.where, one.what) for one in found] == [
        ("2_step.sql", "up does not do what its certificate says: column public.t.a")
    ]


def test_a_replay_finds_a_down_that_does_not_lead_back(line: Project) -> None:
    line.write("3", "ALTER TABLE t ALTER a SET NOT NULL", "SELECT 1")
    found = [one for one in line.verify(replay=True).findings if one.code == "replay"]
    assert [one.where for one in found] == ["3_step.sql"]
    assert found[0].what.startswith("down does not lead where it should: ~column public.t.a")


def test_a_replay_says_what_fails(line: Project) -> None:
    line.write("3", "SELECT nonsense", "SELECT 1")
    found = [one for one in line.verify(replay=True).findings if one.code == "replay"]
    assert found[0].where == "3_step.sql"
    assert "nonsense" in found[0].what


def test_a_replay_stops_going_down_at_what_people_cannot_revert(line: Project) -> None:
    line.write("4", "CREATE TABLE v ()", "SELECT nonsense")
    line.certified("5", "CREATE TABLE w ()", "DROP TABLE w")
    result = line.verify(replay=True)
    assert result.findings == ()
    assert result.replay is not None
    assert (result.replay.ran, result.replay.compared, result.replay.reverted) == (5, 4, 1)


def test_a_replay_leaves_hashes_of_another_major_alone(line: Project) -> None:
    wrong = ObjectHashes("column", "public.t.a", "sha256:0", "sha256:1")
    line.change("2", server_version=9, objects=(wrong,))
    result = line.verify(replay=True)
    assert result.findings == ()
    assert result.replay is not None
    assert result.replay.compared == 2


def test_certify_renews_what_was_edited_and_nothing_else(line: Project) -> None:
    before = line.certificate("2").read_bytes()
    line.write("3", "ALTER TABLE t ADD b int", "ALTER TABLE t DROP b")
    made = verifying.certify(line.workspace())
    assert [one.version for one in made] == ["3"]
    assert [one.name for one in certificates.read(line.certificate("3")).objects] == ["public.t.b"]
    assert line.certificate("2").read_bytes() == before
    assert line.codes(replay=True) == []


def test_certify_takes_a_version_without_a_certificate(line: Project) -> None:
    line.write("4", "CREATE TABLE u (a int)", "DROP TABLE u")
    assert [one.version for one in verifying.certify(line.workspace(), "4")] == ["4"]
    assert line.verify().certified == 4


def test_certify_keeps_the_hazards_of_statements_that_were_not_edited(line: Project) -> None:
    known = certificates.read(line.certificate("3")).statements
    line.change("3", statements=(replace(known[0], hazards=("full scan",)),))
    line.write("3", f"{known[0].sql}; SELECT 1", "ALTER TABLE t ALTER a DROP NOT NULL")
    [made] = verifying.certify(line.workspace())
    assert [one.hazards for one in made.statements] == [("full scan",), ()]


def test_certify_refuses_what_is_applied(line: Project, database: Target) -> None:
    execute(line.workspace(database), "up", "2", Wishes())
    line.write("2", "ALTER TABLE t ALTER a TYPE bigint", "SELECT 2")
    assert verifying.certify(line.workspace(database)) == ()
    with pytest.raises(AppliedFileError) as error:
        verifying.certify(line.workspace(database), "2")
    assert error.value.exit_code == 5
    assert "--accept 2" in error.value.hint


def test_certify_leaves_the_old_certificate_when_it_cannot_be_proven(line: Project) -> None:
    before = line.certificate("3").read_bytes()
    line.write("3", "CREATE TABLE u ()", "SELECT 1")
    with pytest.raises(ProofError):
        verifying.certify(line.workspace(), "3")
    assert line.certificate("3").read_bytes() == before


def test_accept_renews_history_and_certificate(line: Project, database: Target) -> None:
    execute(line.workspace(database), "up", "2", Wishes())
    line.write("2", "ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER a TYPE integer")
    assert line.codes(database) == ["edited", "edited_applied"]
    assert verifying.accept(line.workspace(database), "2") == verifying.Accepted("2")
    assert line.codes(database) == []
    with pytest.raises(UsageError, match="3 is not applied"):
        verifying.accept(line.workspace(database), "3")


def test_the_command(
    line: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PSQLMIGRATE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(line.path)
    (line.path / "psqlmigrate.toml").write_text(f"scratch_url = {json.dumps(_url(line.server))}\n")
    assert main(["verify"]) == 0
    summary = "3 migrations (3 certified, 0 not), 0 findings (files only: no database is named)\n"
    assert capsys.readouterr().out == summary
    line.write("3", "ALTER TABLE t ADD b int", "ALTER TABLE t DROP b")
    assert main(["verify", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)["result"]
    assert [one["code"] for one in result["findings"]] == ["edited"]
    assert main(["verify"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3_step.sql: it was edited after it was certified"
    assert lines[1].startswith("  psqlmigrate verify --certify 3")
    assert main(["verify", "--certify"]) == 0
    assert capsys.readouterr().out == "3  certified\n"
    assert main(["verify", "--certify"]) == 0
    assert capsys.readouterr().out == "every pending migration is certified\n"
    line.certificate("2").unlink()
    assert main(["verify", "--certify"]) == 0
    assert capsys.readouterr().out == "2  certified\n"
    assert main(["verify", "--certify", "3"]) == 0
    assert main(["verify", "--replay"]) == 0
    assert "3 up, 3 down and up again, 3 compared" in capsys.readouterr().out
    assert main(["verify", "--certify", "3", "--accept", "3"]) == 2
