from pathlib import Path

import pytest

from psqlmigrate.errors import ProfileError, UsageError
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.config import Config
from psqlmigrate.service.profiles import ProfileStore
from psqlmigrate.service.targets import resolve, shadowed_by

CONFIG = Config(Path("/project"), Path("/project/pyproject.toml"))
WITH_URL = Config(Path("/project"), Path("/project/pyproject.toml"), url="postgresql://config/app")
WITH_PROFILE = Config(Path("/project"), Path("/project/psqlmigrate.toml"), profile="dev")


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    store = ProfileStore(tmp_path, tmp_path / "legacy.json")
    store.save("dev", {"host": "dev", "database": "app"})
    store.save("prod", {"host": "prod", "database": "app", "password": "canary"}, default=True)
    return store


PG = {"PGHOST": "pg", "PGDATABASE": "app", "PGUSER": "u"}
PSQL = {"PSQL_HOST": "psql", "PSQL_DB": "app"}
DB = {"DB_HOST": "db", "DB_NAME": "app"}


@pytest.mark.parametrize(
    ("env", "config", "host", "source", "profile"),
    [
        ({"PSQLMIGRATE_URL": "postgresql://one/app", "DATABASE_URL": "postgresql://two/app", **PSQL}, WITH_URL, "one", "environment PSQLMIGRATE_URL", None),
        ({"PSQLMIGRATE_URL": "", "DATABASE_URL": "postgresql://two/app\n", **PSQL}, WITH_URL, "two", "environment DATABASE_URL", None),
        ({**PSQL, **DB, **PG}, WITH_URL, "psql", "environment PSQL_*", None),
        ({**DB, **PG}, WITH_URL, "db", "environment DB_*", None),
        (PG, WITH_URL, "config", "url in pyproject.toml", None),
        (PG, WITH_PROFILE, "dev", "profile in psqlmigrate.toml", "dev"),
        (PG, CONFIG, "prod", "default profile", "prod"),
    ],
)  # fmt: skip
def test_the_order_of_sources(
    store: ProfileStore, env: dict[str, str], config: Config, host: str, source: str, profile: str
) -> None:
    target = resolve(config, lambda: store, env)
    assert (target.params["host"], target.source, target.profile) == (host, source, profile)
    assert target.params["user"] == ""


def test_options_come_first(store: ProfileStore) -> None:
    env = {"DATABASE_URL": "postgresql://two/app"}
    target = resolve(WITH_URL, lambda: store, env, url="postgresql+psycopg://u@one/app")
    assert (target.params["host"], target.source) == ("one", "option --url")
    target = resolve(WITH_URL, lambda: store, env, profile="dev")
    assert (target.params["host"], target.source, target.profile) == (
        "dev",
        "option --profile",
        "dev",
    )
    with pytest.raises(UsageError, match="exclude each other"):
        resolve(CONFIG, lambda: store, {}, url="embedded", profile="dev")
    with pytest.raises(ProfileError, match="prdo"):
        resolve(CONFIG, lambda: store, {}, profile="prdo")


def test_embedded(store: ProfileStore) -> None:
    env = {"PSQL_PASSWORD": "x", **PG}
    assert resolve(CONFIG, lambda: store, env, url="embedded") == Target(
        {"dbname": "app"}, "option --url", embedded=True
    )
    assert resolve(CONFIG, lambda: store, {"PSQLMIGRATE_URL": "embedded"}).embedded


def test_libpq_comes_last(store: ProfileStore) -> None:
    store.remove("prod")
    target = resolve(CONFIG, lambda: store, {**PG, "PGPASSWORD": "canary"})
    assert target.params == {"host": "pg", "dbname": "app", "user": "u", "password": "canary"}
    assert resolve(CONFIG, lambda: store, {**PG, "PGSERVICE": "s"}).params == {"service": "s"}
    with pytest.raises(UsageError, match="no database is named") as caught:
        resolve(CONFIG, lambda: store, {"PGPASSWORD": "canary"})
    assert "--url embedded" in caught.value.hint


@pytest.mark.parametrize(
    ("env", "password"),
    [
        ({"PSQL_PASSWORD": "one", "DB_PASSWORD": "two", "PGPASSWORD": "three"}, "one"),
        ({"DB_PASSWORD": "two"}, "two"),
        ({"PGPASSWORD": "three"}, "three"),
        ({"DB_PASSWORD": "two", **DB}, None),
        ({}, None),
    ],
)
def test_a_lonely_password_completes(
    store: ProfileStore, env: dict[str, str], password: str | None
) -> None:
    target = resolve(CONFIG, lambda: store, env, url="postgresql://one/app")
    assert target.params.get("password") == password
    target = resolve(CONFIG, lambda: store, env, url="postgresql://u:own@one/app")
    assert target.params["password"] == "own"
    assert (
        "password"
        not in resolve(CONFIG, lambda: store, env, url="postgresql:///?passfile=f").params
    )


def test_nothing_of_pg_mixes_in(store: ProfileStore) -> None:
    target = resolve(CONFIG, lambda: store, PG, url="postgresql://one")
    assert target.params == {"host": "one", "hostaddr": "", "port": "", "user": "", "dbname": ""}
    assert resolve(CONFIG, lambda: store, PG, url="service=s").params == {"service": "s"}
    assert target.label == "the default database on one:5432"


@pytest.mark.parametrize(
    ("config", "env", "words"),
    [
        (CONFIG, {}, None),
        (CONFIG, {"PSQL_PASSWORD": "x", **PG}, None),
        (CONFIG, {"DATABASE_URL": "postgresql://u:canary@h/"}, "DATABASE_URL in the environment"),
        (CONFIG, PSQL, "PSQL_HOST, PSQL_DB in the environment"),
        (WITH_URL, {}, "url in /project/pyproject.toml"),
        (WITH_PROFILE, {}, "profile in /project/psqlmigrate.toml"),
    ],
)
def test_what_shadows_the_default(config: Config, env: dict[str, str], words: str | None) -> None:
    assert shadowed_by(config, env) == words


@pytest.mark.parametrize("port", ["banana", "0", "99999", "$PROD_DB_PORT"])
@pytest.mark.parametrize("family", ["PSQL", "DB"])
def test_a_port_of_the_environment_that_is_none(
    store: ProfileStore, family: str, port: str
) -> None:
    """As GitLab leaves a variable that is not set."""
    with pytest.raises(UsageError, match=f"{family}_PORT in the environment is no port"):
        resolve(CONFIG, lambda: store, {f"{family}_HOST": "h", f"{family}_PORT": port})
