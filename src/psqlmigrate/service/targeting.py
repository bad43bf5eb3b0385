"""Which database is meant: one source of connection wins as a whole."""

from collections.abc import Mapping

from psqlmigrate.errors import UsageError
from psqlmigrate.postgres.target import Target, parse_url
from psqlmigrate.service.settings import Settings

_URLS = ("PSQLMIGRATE_URL", "DATABASE_URL")
_SEPARATE = (
    {"user": "PSQL_USER", "password": "PSQL_PASSWORD", "host": "PSQL_HOST", "port": "PSQL_PORT", "dbname": "PSQL_DB"},
    {"user": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST", "port": "DB_PORT", "dbname": "DB_NAME"},
)  # fmt: skip
_LIBPQ = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGHOSTADDR")


def choose(url: str | None, env: Mapping[str, str], settings: Settings) -> Target:
    """The target by option, environment, configuration, then libpq's own variables.

    Raises UsageError when nothing names a database.
    """
    found = (
        _stated(url, "option --url")
        or _environment(env)
        or _stated(settings.url, f"url in {settings.file}")
        or _libpq(env)
    )
    if found is None:
        raise UsageError(
            "no database is named",
            hint="give --url postgresql://user@host/database, set DATABASE_URL,"
            ' or write url = "…" into psqlmigrate.toml; --url embedded needs no server',
        )
    return _with_password(found, env)


def _stated(url: str | None, source: str) -> Target | None:
    if not url:
        return None
    if url == "embedded":
        return Target({}, source, embedded=True)
    return parse_url(url, source)


def _environment(env: Mapping[str, str]) -> Target | None:
    for name in _URLS:
        if env.get(name):
            return _stated(env[name], f"environment {name}")
    for names in _SEPARATE:
        params = {key: env[name] for key, name in names.items() if env.get(name)}
        if params.keys() - {"password"}:
            return Target(params, f"environment {names['dbname'].split('_')[0]}_*")
    return None


def _libpq(env: Mapping[str, str]) -> Target | None:
    if any(env.get(name) for name in _LIBPQ):
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
        params = {key: env[name] for name, key in names.items() if env.get(name)}
        return Target(params, "environment PG*")
    return None


def _with_password(target: Target, env: Mapping[str, str]) -> Target:
    """A password that stands alone in the environment completes another source."""
    password = env.get("PSQL_PASSWORD") or env.get("DB_PASSWORD")
    if target.embedded or "password" in target.params or not password:
        return target
    return Target({**target.params, "password": password}, target.source, target.profile)
