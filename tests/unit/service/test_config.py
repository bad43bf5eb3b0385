from dataclasses import fields
from pathlib import Path

import pytest

from psqlmigrate.errors import ConfigError
from psqlmigrate.service.config import KEYS, Config, absolute_spec, load
from psqlmigrate.service.configvalues import READERS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    return tmp_path


def _load(folder: Path, content: str, name: str = "psqlmigrate.toml") -> Config:
    (folder / name).write_text(content, encoding="utf-8")
    return load(folder)


def test_without_a_file_there_are_defaults(project: Path) -> None:
    config = load(project)
    assert (config.root, config.file, config.given) == (project, None, frozenset())
    assert config.migrations_path == project / "migrations"


def test_every_key_has_a_reader() -> None:
    assert set(KEYS) == set(READERS)
    assert set(KEYS) - {"migrations_path"} == {one.name for one in fields(Config)} - {
        "root",
        "file",
        "given",
    }


def test_the_nearest_file_upwards_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.psqlmigrate]\nmodels = "app.models"\n')
    (project / "deep" / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    config = load(project / "deep" / "er")
    assert (config.root, config.models) == (project, ("app.models",))
    (project / "deep" / "psqlmigrate.toml").write_text('migrations = "db"\n')
    config = load(project / "deep" / "er")
    assert config.migrations_path == project / "deep" / "db"
    assert config.given == {"migrations"}


def test_every_value_is_read(project: Path) -> None:
    config = _load(
        project,
        """
        url = "embedded"
        migrations_path = "db/migrations"
        models = ["app.models", "extra.sql"]
        lock_wait = "2min"
        lock_timeout = 250
        statement_timeout = "1.5 s"
        network_timeout = 5
        fail_on_drift = true
        pooler = "session"
        scratch_setup = "roles.sql"
        state_file_name = "state.json"
        """,
    )
    assert config.migrations_path == project / "db" / "migrations"
    assert config.models == ("app.models", "extra.sql")
    assert (config.lock_wait, config.lock_timeout) == (120.0, 0.25)
    assert (config.statement_timeout, config.network_timeout) == (1.5, 5.0)
    assert config.fail_on_drift
    assert config.setup_paths == (project / "roles.sql",)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("migratons = 'x'", "unknown key migratons", "did you mean migrations"),
        ("zzzzzzzzzzzz = 1", "unknown key zzzzzzzzzzzz", "known keys: auto_detect_changes,"),
        ("migrations = 1", "migrations must be a text", ""),
        ("migrations = ''", "migrations must be a text", ""),
        ("models = [1]", "models must be a text or a list of texts", ""),
        ("schemas = {a = 1}", "schemas must be a text or a list of texts", ""),
        ("debug = 1", "debug must be true or false", ""),
        ("lock_wait = true", "lock_wait must be a number", ""),
        ("lock_wait = -1", "lock_wait must be a number", ""),
        ("lock_wait = nan", "lock_wait must be a number", ""),
        ("lock_timeout = '5 years'", "lock_timeout must be a number", ""),
        ("pooler = 'maybe'", 'pooler must be "auto"', ""),
        ("pooler = ['auto']", 'pooler must be "auto"', ""),
        ("state_file_name = '../x'", "state_file_name must be the name of a file", ""),
        (f"history_schema = '{'ä' * 32}'", "history_schema must be a name of at most 63", ""),
        ("version_format = '%d%m%Y%H%M%S'", "version_format must be a format that sorts", ""),
        ("version_format = '%Y%m%d'", "version_format must be a format that sorts", ""),
        ("version_format = '%Y%m%d%I%M%S'", "version_format must be a format that sorts", ""),
        ("version_format = '%Y/%m%d%H%M%S'", "version_format must be %Y%m%d_%H%M%S, or", ""),
        ("version_format = 'v%Y%m%d%H%M%S'", "version_format must be %Y%m%d_%H%M%S, or", ""),
        ("url = 'embedded'\nprofile = 'x'", "url and profile exclude each other", "keep one"),
        ("migrations = 'a'\nmigrations_path = 'b'", "migrations and migrations_path exclude", ""),
        ("= broken", "psqlmigrate.toml: ", ""),
        ("[tool.psqlmigrate]\nurl = 'x'", "which is for pyproject.toml", "leave that line out"),
        ("[tool]\npsqlmigrate = 1", "tool.psqlmigrate is not a table", "write [tool.psqlmigrate]"),
    ],
)
def test_what_is_wrong_is_named(project: Path, content: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(project, content)
    assert message in str(caught.value)
    assert hint in caught.value.hint
    assert str(project / "psqlmigrate.toml") in str(caught.value)


@pytest.mark.parametrize(
    "given", ["%Y%m%d_%H%M%S", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S%f", "%Y%jT%H%M%S"]
)
def test_formats_that_sort(project: Path, given: str) -> None:
    assert _load(project, f"version_format = '{given}'").version_format == given


def test_two_files_in_one_folder_are_refused(project: Path) -> None:
    (project / "psqlmigrate.toml").write_text("")
    with pytest.raises(ConfigError, match="has both"):
        _load(project, "[tool.psqlmigrate]\n", "pyproject.toml")
    assert load(project, project / "psqlmigrate.toml").file == project / "psqlmigrate.toml"


def test_a_broken_pyproject_of_somebody_else_does_no_harm(project: Path) -> None:
    assert _load(project, "= broken", "pyproject.toml").file is None
    with pytest.raises(ConfigError, match=r"pyproject\.toml: "):
        _load(project, "[tool.psqlmigrate]\n= broken", "pyproject.toml")


@pytest.mark.parametrize("content", [b"", b"\xff"])
def test_a_named_file_must_be_usable(project: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(project, project / "missing.toml")
    (project / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"has no \[tool.psqlmigrate\]|not UTF-8"):
        load(project, project / "pyproject.toml")


def test_the_command_line_overrides(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    (project / "models.py").touch()
    config = Config(Path("/elsewhere"), models=("x",), schemas=("a",))
    found = config.overridden(
        migrations="db", models=("models.py", "app.models:Base", "sqlalchemy:models.py"), schemas=()
    )
    assert found.migrations_path == project / "db"
    assert found.models == (
        str(project / "models.py"),
        "app.models:Base",
        f"sqlalchemy:{project / 'models.py'}",
    )
    assert found.schemas == ("a",)
    assert config.overridden(migrations=None, models=(), schemas=()) == config


@pytest.mark.parametrize(
    ("spec", "absolute"),
    [
        ("models.py", "{root}/models.py"),
        ("models.py:Base", "{root}/models.py:Base"),
        ("sqlalchemy:models.py:Base", "sqlalchemy:{root}/models.py:Base"),
        ("django:site", "django:{root}/site"),
        ("django:site.settings:site", "django:site.settings:site"),
        ("./gone:x", "{root}/gone:x"),
        ("app.models:Base", "app.models:Base"),
        ("new.sql", "{root}/new.sql"),
    ],
)
def test_only_paths_of_the_command_line_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, absolute: str
) -> None:
    (tmp_path / "models.py").touch()
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path)
    assert absolute_spec(spec) == absolute.format(root=tmp_path)
