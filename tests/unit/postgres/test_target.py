from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psqlmigrate.errors import UsageError
from psqlmigrate.postgres.target import Target, parse_url
from psqlmigrate.redaction import redact, secrets_of

CANARY = "c4n@ry/ü?%"


@pytest.mark.parametrize(
    ("url", "params"),
    [
        ("postgresql://", {}),
        ("postgres:///app", {"dbname": "app"}),
        ("postgresql://host", {"host": "host"}),
        ("postgresql+psycopg://u@host:5433/app\n", {"user": "u", "host": "host", "port": "5433", "dbname": "app"}),
        ("postgresql://u:p%40s@h/a%20b", {"user": "u", "password": "p@s", "host": "h", "dbname": "a b"}),
        ("postgresql://u:p@s@h/app", {"user": "u", "password": "p@s", "host": "h", "dbname": "app"}),
        ("postgresql://[2001:db8::1]:5433/app", {"host": "2001:db8::1", "port": "5433", "dbname": "app"}),
        ("postgresql://%2Fvar%2FRun/app", {"host": "/var/Run", "dbname": "app"}),
        ("postgresql://One:1,Two:2/app?target_session_attrs=primary", {"host": "One,Two", "port": "1,2", "dbname": "app", "target_session_attrs": "primary"}),
        ("postgresql://one,two:2/app", {"host": "one,two", "port": ",2", "dbname": "app"}),
        ("postgresql:///app?host=/tmp&passfile=/a%20b&options=-c%20a=b", {"dbname": "app", "host": "/tmp", "passfile": "/a b", "options": "-c a=b"}),
        ("postgresql://?service=prod", {"service": "prod"}),
        ("postgresql://h?ssl=true", {"host": "h", "sslmode": "require"}),
        ("service=prod", {"service": "prod"}),
        ("host=h user = u password='it\\'s \\\\ me' dbname=''", {"host": "h", "user": "u", "password": "it's \\ me"}),
    ],
)  # fmt: skip
def test_what_libpq_reads(url: str, params: dict[str, str]) -> None:
    assert parse_url(url, "option --url").params == params


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:c4nary@h/app",
        "c4nary",
        "postgresql://u:c4nary/x@h/app",
        "postgresql://u:12/c4nary@h/app",
        "postgresql://u:12?c4nary@h/app",
        "postgresql://u:c4nary%zz@h/app",
        "postgresql://u:c4nary@h:99999/app",
        "postgresql://u:c4nary@h/app?novalue",
        "postgresql://u:c4nary%00@h/app",
        "password='c4nary host=h",
        "password=c4nary host",
        "password=a c4nary=b host=h",
        "postgresql://u:c4nary@h/app?pasword=c4nary",
        "host=h port=banana password=c4nary",
        "postgresql://u:c4nary@h:0/app",
    ],
)
def test_what_is_wrong_is_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url, "option --url")
    assert "c4nary" not in str(caught.value) + caught.value.hint
    assert "option --url" in str(caught.value)


def test_the_secrets_of_an_environment() -> None:
    env = {
        "DATABASE_URL": "postgresql://u:c4%40nary@h/app",
        "PGPASSWORD": "postgres",
        "DB_PASSWORD": "c4nary",
        "DB_USER": "postgres",
        "POSTGRES_PASSWORD": "shop",
        "POSTGRES_USER": "shop",
        "MY_PASSWORD": "abc",
        "OTHER": "https://h:443/a@b",
    }
    assert sorted(secrets_of(env)) == ["c4@nary", "c4nary"]


def test_parameters_that_libpq_does_not_know() -> None:
    with pytest.raises(UsageError, match='parameter "sslmod" that libpq does not know') as caught:
        parse_url("postgresql://u@h/app?sslmod=require", "option --url")
    assert "did you mean sslmode" in caught.value.hint
    with pytest.raises(UsageError, match='parameter "foo" that'):
        parse_url("postgresql://u@h/app?foo=bar", "option --url")


@given(st.text(st.characters(exclude_characters="\0<>", exclude_categories=["Cs"]), min_size=1))
def test_a_quoted_password_comes_back(password: str) -> None:
    url = f"postgresql://u:{quote(password, safe='')}@h/app"
    target = parse_url(url, "x")
    assert target.params["password"] == password
    assert redact(url) == "postgresql://u:********@h/app"
    assert target.redacted(f"<{quote(password, safe='')}>") == "<********>"


def test_no_form_of_the_password_is_shown() -> None:
    target = Target({"host": "h", "password": CANARY, "sslpassword": "other"}, "option --url")
    text = f"{CANARY} {quote(CANARY)} {quote(CANARY, safe='').lower()} {CANARY!r} other"
    assert target.redacted(text) == "******** ******** ******** '********' ********"
    assert CANARY not in repr(target) + str(target) + target.label


def test_passwords_are_found_by_where_they_stand() -> None:
    text = "dsn postgresql://u:p@ss@h/db, password='a b' host=h, PGPASSWORD=x ?password=y&a=b"
    expected = (
        "dsn postgresql://u:********@h/db, password=******** host=h,"
        " PGPASSWORD=******** ?password=********&a=b"
    )
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("url", "label", "local"),
    [
        ("postgresql://deploy@db.internal/app", "app on db.internal:5432 as deploy", False),
        ("postgresql://localhost:5433/app", "app on localhost:5433", True),
        ("postgresql:///app?host=/tmp", "app on local socket", True),
        ("postgresql://a,b:2/app", "app on a:5432,b:2", False),
        ("postgresql://a,b:2,c/app?port=7", "app on a:7,b:7,c:7", False),
        ("service=prod", "the default database on service prod", False),
        ("user=me", "me on local socket as me", True),
    ],
)
def test_label(url: str, label: str, local: bool) -> None:
    target = parse_url(url, "x")
    assert (target.label, target.local) == (label, local)


def test_another_database_of_the_server() -> None:
    target = Target({"host": "h", "dbname": "app"}, "x", "prod")
    assert target.database("b") == Target({"host": "h", "dbname": "b"}, "x", "prod")
    assert Target({}, "x", embedded=True).label == "postgres on the embedded server"
