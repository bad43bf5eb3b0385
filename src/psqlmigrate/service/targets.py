"""Which database is meant: one source of connection wins as a whole."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from psqlmigrate.errors import NoTargetError, UsageError
from psqlmigrate.postgres.target import Target, parse_url, port_of
from psqlmigrate.redaction import keep_secret
from psqlmigrate.service.config import Config

if TYPE_CHECKING:  # most commands run without a profile
    from psqlmigrate.service.profiles import Profile, ProfileStore

_URLS = ("PSQLMIGRATE_URL", "DATABASE_URL")
_FAMILIES = {
    "PSQL_*": {"user": "PSQL_USER", "password": "PSQL_PASSWORD", "host": "PSQL_HOST", "port": "PSQL_PORT", "dbname": "PSQL_DB"},
    "DB_*": {"user": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST", "port": "DB_PORT", "dbname": "DB_NAME"},
}  # fmt: skip
_LIBPQ = {"user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE"}  # fmt: skip
_WHOLE = ("host", "hostaddr", "port", "user", "dbname")


def resolve(
    config: Config,
    store: "Callable[[], ProfileStore]",
    env: Mapping[str, str],
    *,
    url: str | None = None,
    profile: str | None = None,
    url_source: str = "option --url",
) -> Target:
    """The target by option, environment, configuration, default profile, then libpq's own.

    `store` is opened where a profile is asked for. Raises NoTargetError where none is named, UsageError, ProfileError, and ConnectionFailedError
    for a password that is not to be had.
    """
    if url and profile:
        raise UsageError("--url and --profile exclude each other", hint="give one of them")
    found = (
        _of_url(url, url_source)
        or _of_profile(store, profile, "option --profile")
        or _of_environment(env)
        or _of_url(config.url, f"url in {config.origin}")
        or _of_profile(store, config.profile, f"profile in {config.origin}")
        or _of_profile(store, store().default, "default profile")
    )
    target = _completed(_whole(found), env) if found else _of_libpq(env)
    keep_secret(target.params)
    return target


def profile_in_force(
    config: Config,
    store: "Callable[[], ProfileStore]",
    env: Mapping[str, str],
    *,
    url: str | None = None,
    profile: str | None = None,
) -> "Profile | None":
    """The profile that names the database, without asking for its password; None when none does."""
    if profile:
        return store().show(profile)
    if url or any(env.get(name) for name in _URLS) or _of_environment(env) or config.url:
        return None
    name = config.profile or store().default
    return store().show(name) if name else None


def shadowed_by(config: Config, env: Mapping[str, str]) -> str | None:
    """What comes before the default profile, in words; None when nothing does."""
    for name in _URLS:
        if env.get(name):
            return f"{name} in the environment"
    for names in _FAMILIES.values():
        given = [name for key, name in names.items() if env.get(name) and key != "password"]
        if given:
            return f"{', '.join(given)} in the environment"
    if config.url or config.profile:
        return f"{'url' if config.url else 'profile'} in {config.file}"
    return None


def _of_url(url: str | None, source: str) -> Target | None:
    if not url:
        return None
    if url == "embedded":
        return Target({"dbname": "app"}, source, embedded=True)
    return parse_url(url, source)


def _of_profile(
    store: "Callable[[], ProfileStore]", name: str | None, source: str
) -> Target | None:
    if not name:
        return None
    from psqlmigrate.service.passwords import password_of  # noqa: PLC0415 - start-up time

    profile = store().show(name)
    return profile.target(source, password_of(profile))


def _of_environment(env: Mapping[str, str]) -> Target | None:
    for name in _URLS:
        if env.get(name):
            return _of_url(env[name].strip(), f"environment {name}")
    for family, names in _FAMILIES.items():
        params = _values(env, names)
        if params.keys() - {"password"}:
            if not port_of(params.get("port", "")):
                raise UsageError(
                    f"{names['port']} in the environment is no port: {params['port'][:40]!r}",
                    hint="it is a number from 1 to 65535; left out it is 5432",
                )
            return Target({"host": "localhost", **params}, f"environment {family}")
    return None


def _values(env: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {key: env[name] for key, name in names.items() if env.get(name)}


def _whole(target: Target) -> Target:
    """PG* adds nothing to another source: an empty parameter keeps libpq from looking there.

    A service's file fills in what is missing, so with one nothing is kept from it.
    """
    if target.embedded or "service" in target.params:
        return target
    return Target({**dict.fromkeys(_WHOLE, ""), **target.params}, target.source, target.profile)


def _completed(target: Target, env: Mapping[str, str]) -> Target:
    """A password that stands alone in the environment completes another source."""
    if target.embedded or target.params.keys() & {"password", "passfile"}:
        return target
    password = next(filter(None, map(env.get, _lonely_passwords(env))), None)
    if not password:
        return target
    return Target({**target.params, "password": password}, target.source, target.profile)


def _lonely_passwords(env: Mapping[str, str]) -> list[str]:
    """The names of the passwords whose family says nothing else."""
    families = [*_FAMILIES.values(), _LIBPQ]
    return [names["password"] for names in families if _values(env, names).keys() <= {"password"}]


def _of_libpq(env: Mapping[str, str]) -> Target:
    """What libpq would do by itself, written out; a service's file comes before PG*."""
    if env.get("PGSERVICE"):
        return Target({"service": env["PGSERVICE"]}, "environment PGSERVICE")
    params = _values(env, _LIBPQ)
    if not params.keys() - {"password"}:
        raise NoTargetError(
            "no database is named",
            hint="give --url postgresql://user@host/database, set DATABASE_URL,"
            ' or write url = "…" into psqlmigrate.toml; --url embedded needs no server',
        )
    return _completed(Target(params, "environment PG*"), env)
