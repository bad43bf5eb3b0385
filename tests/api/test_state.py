"""StateManager: the local file and the table, and how they become one."""

import json
from pathlib import Path

import pytest

from api.conftest import Manage, write
from psqlmigrate import Engine, MigrationConfig, StateCorruptionError
from psqlmigrate.state import StateManager


def _rows(engine: Engine) -> dict[str, str]:
    query = "SELECT object_type || ':' || object_name, hash FROM _psqlmodel_schema_state"
    found = engine.fetch_all(query + " WHERE object_type <> 'meta'")
    return {str(name): str(value) for name, value in found}


@pytest.fixture
def state(manage: Manage, engine: Engine) -> StateManager:
    """Of a project with one applied migration."""
    manager = manage(models="schema.sql")
    manager.autogenerate("first")
    manager.upgrade()
    return StateManager(engine, manager.config)


def _file(folder: Path) -> Path:
    return folder / "migrations" / ".schema_state.json"


def test_a_fresh_project_agrees(engine: Engine, manage: Manage, folder: Path) -> None:
    state = StateManager(engine)
    assert state.validate_state_consistency() == []
    manage()
    assert state.validate_state_consistency() == []
    state.sync_from_db()
    assert json.loads(_file(folder).read_text())["state"] == {}
    assert state.validate_state_consistency() == []
    state.sync_to_db()
    assert state.validate_state_consistency() == []


def test_after_upgrade_they_agree(state: StateManager, folder: Path) -> None:
    assert state.validate_state_consistency() == []
    before = _file(folder).read_bytes()
    state.sync_from_db()
    assert _file(folder).read_bytes() == before


def test_what_differs_is_named(state: StateManager, engine: Engine) -> None:
    engine.execute(
        "UPDATE _psqlmodel_schema_state SET hash = repeat('a', 64) WHERE object_name = 'public.users';"
        "DELETE FROM _psqlmodel_schema_state WHERE object_name = 'public.idx_email';"
        "INSERT INTO _psqlmodel_schema_state VALUES ('table', 'public.\"a:b%\"', repeat('b', 64))"
    )
    warnings = state.validate_state_consistency()
    assert [one.partition(": ")[0] for one in warnings] == [
        "+index public.idx_email",
        '-table public."a:b%"',
        "~table public.users",
    ]


def test_both_ways_are_exact(state: StateManager, engine: Engine, folder: Path) -> None:
    right, text = _rows(engine), _file(folder).read_text()
    engine.execute(
        "UPDATE _psqlmodel_schema_state SET hash = repeat('a', 64) WHERE object_type = 'table'"
    )
    state.sync_to_db()
    assert _rows(engine) == right
    assert state.validate_state_consistency() == []
    engine.execute(
        "INSERT INTO _psqlmodel_schema_state VALUES ('table', 'public.\"a:b%\"', repeat('b', 64))"
    )
    state.sync_from_db()
    assert (
        json.loads(_file(folder).read_text())["state"]['table:public."a:b%"']
        == f"sha256:{'b' * 64}"
    )
    assert state.validate_state_consistency() == []
    _file(folder).write_text(text)
    state.sync_to_db()
    assert _rows(engine) == right
    _file(folder).unlink()
    assert len(state.validate_state_consistency()) == 1
    state.sync_from_db()
    assert json.loads(_file(folder).read_text())["head"] == json.loads(text)["head"]
    assert state.validate_state_consistency() == []


def test_a_file_of_other_versions_does_not_become_the_databases(
    state: StateManager, manage: Manage, engine: Engine, folder: Path
) -> None:
    right = _rows(engine)
    (folder / "schema.sql").write_text(
        (folder / "schema.sql").read_text() + "CREATE TABLE t (a int);"
    )
    manager = manage(models="schema.sql")
    manager.autogenerate("second")
    told = state.validate_state_consistency()
    assert "the database at" in told[0]
    assert any(one.startswith("+table public.t:") for one in told)
    with pytest.raises(StateCorruptionError) as caught:
        state.sync_to_db()
    assert "the database at" in caught.value.details
    assert _rows(engine) == right
    manager.upgrade()
    assert state.validate_state_consistency() == []


def test_a_state_that_is_not_known_is_told(
    state: StateManager, engine: Engine, folder: Path
) -> None:
    write(folder, "29990101_000000", "CREATE TABLE other (a int);")
    engine.execute(
        "INSERT INTO _psqlmodel_migrations (version, checksum) VALUES ('29990101_000000', 'x')"
    )
    assert any("not known" in one for one in state.validate_state_consistency())
    before = _file(folder).read_bytes()
    with pytest.raises(StateCorruptionError, match="not known"):
        state.sync_from_db()
    assert _file(folder).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": "1.0"}',
        '{"state": {"users": "x"}}',
        '{"state": {"table:a": "x"}}',
    ],
)
def test_a_damaged_file_is_told_and_left_alone(
    state: StateManager, folder: Path, text: str
) -> None:
    _file(folder).write_text(text)
    for act in (state.validate_state_consistency, state.sync_to_db, state.sync_from_db):
        with pytest.raises(StateCorruptionError, match="damaged"):
            act()
    assert _file(folder).read_text() == text


def test_a_damaged_table_is_told(state: StateManager, engine: Engine) -> None:
    engine.execute(
        "UPDATE _psqlmodel_schema_state SET hash = 'x' WHERE object_name = 'public.users'"
    )
    with pytest.raises(StateCorruptionError, match=r"public\.users is none"):
        state.validate_state_consistency()
    state.sync_to_db()
    assert state.validate_state_consistency() == []


def test_psqlmodels_files_are_read(state: StateManager, engine: Engine, folder: Path) -> None:
    old = {
        f"{kind}:{name}": value
        for kind, name, value in engine.fetch_all(
            "SELECT object_type, object_name, hash FROM _psqlmodel_schema_state WHERE object_type <> 'meta'"
        )
    }
    told = {"version": "1.0", "updated_at": "2025-12-12T19:00:00", "state": old}
    _file(folder).write_text(json.dumps(told))
    assert state.validate_state_consistency() == []
    state.sync_to_db()
    assert state.validate_state_consistency() == []


def test_without_a_file_there_is_nothing_to_write(engine: Engine, manage: Manage) -> None:
    manage()
    with pytest.raises(StateCorruptionError, match="there is no"):
        StateManager(engine, MigrationConfig()).sync_to_db()
