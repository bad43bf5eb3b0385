"""`verify-full` against a server with TLS: only the right certificate, host and authority do."""

import shutil
import socket
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.servers import major_with_tls, new_cluster, server_with
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

_PROGRAM = shutil.which("openssl") or ""
MAJOR = major_with_tls()
pytestmark = [
    pytest.mark.skipif(not _PROGRAM, reason="no openssl is installed"),
    pytest.mark.skipif(MAJOR is None, reason="no PostgreSQL with TLS is installed"),
]

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


@dataclass(frozen=True)
class Secured:
    """A server that is reached at `localhost`, and the certificate of its authority."""

    admin: Target
    port: int
    authority: Path


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run([_PROGRAM, *words], cwd=folder, check=True, capture_output=True)


def _authority(folder: Path, name: str) -> None:
    files = ("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    _openssl(folder, "req", "-x509", *_NEW_KEY, *files)


def _certificate(folder: Path) -> None:
    """For localhost, by the authority `ca`."""
    files = ("-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    _openssl(folder, "req", "-new", *_NEW_KEY[:-2], *files)
    (folder / "names").write_text("subjectAltName = DNS:localhost\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    _openssl(folder, "x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Generator[Secured]:
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ca", "other"):
        _authority(folder, name)
    _certificate(folder)

    def prepare(data: Path) -> None:
        new_cluster(data, MAJOR)
        for name in ("server.key", "server.pem"):
            shutil.copy(folder / name, data / name)
            (data / name).chmod(0o600)
        with (data / "postgresql.conf").open("a") as file:
            file.write("ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = {"listen_addresses": "127.0.0.1, 127.0.0.2", "port": str(port)}
    with server_with(settings, prepare, major=MAJOR) as admin:
        yield Secured(admin, port, folder / "ca.pem")


def _url(secured: Secured, host: str = "localhost", authority: Path | None = None) -> str:
    at = authority or secured.authority
    query = f"sslmode=verify-full&sslrootcert={at}"
    return f"postgresql://postgres@{host}:{secured.port}/postgres?{query}"


def test_the_right_server(call: Run, secured: Secured) -> None:
    code, out, err = call("init", "--url", _url(secured))
    assert (code, err) == (0, ""), out
    assert call("status", "--url", _url(secured))[0] == 0


def test_whoever_may_answer_is_told_of(call: Run, secured: Secured) -> None:
    """What is not known to be this machine may be somebody else's."""
    plain = f"postgresql://postgres@127.0.0.2:{secured.port}/postgres"
    for mode in ("prefer", "require"):
        code, out, _ = call("status", "--url", f"{plain}?sslmode={mode}")
        assert code == 0
        assert f"note: sslmode {mode} does not prove who the server is; verify-full does" in out
    at = f"sslmode=verify-ca&sslrootcert={secured.authority}"
    for url in (f"{plain}?{at}", f"{plain.replace('.2:', '.1:')}?sslmode=prefer", _url(secured)):
        code, out, _ = call("status", "--url", url)
        assert (code, "sslmode" in out) == (0, False)


def test_another_name_or_authority(call: Run, secured: Secured) -> None:
    other = secured.authority.with_name("other.pem")
    for url, words in (
        (_url(secured, "127.0.0.1"), 'does not match host name "127.0.0.1"'),
        (_url(secured, authority=other), "certificate verify failed"),
        (_url(secured, authority=other.with_name("none.pem")), 'none.pem" does not exist'),
    ):
        for command in ("status", "upgrade"):
            code, out, err = call(command, "--url", url)
            assert (code, out) == (3, "")
            assert words in err
            assert "hint: check sslmode and sslrootcert" in err


def test_a_server_without_tls(call: Run, secured: Secured) -> None:
    with connect(secured.admin) as admin:
        admin.execute("ALTER SYSTEM SET ssl = off")
        admin.execute("SELECT pg_reload_conf()")
    try:
        code, _, err = call("status", "--url", _url(secured), "--connect-wait", "0")
        for _ in range(100):
            if code:
                break
            code, _, err = call("status", "--url", _url(secured))
        assert code == 3
        assert "server does not support SSL, but SSL was required" in err
        assert "hint: check sslmode and sslrootcert" in err
    finally:
        with connect(secured.admin) as admin:
            admin.execute("ALTER SYSTEM RESET ssl")
            admin.execute("SELECT pg_reload_conf()")


def test_a_profile_has_it_too(call: Run, secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """libpq looks for the authority in ~/.postgresql/root.crt, or where PGSSLROOTCERT says."""
    words = ("--save", "x", "--host", "localhost", "--port", str(secured.port), "--default")
    further = ("--username", "postgres", "--database", "postgres", "--sslmode", "verify-full")
    assert call("users", *words, *further)[2] == ""
    monkeypatch.setenv("PGSSLROOTCERT", str(secured.authority.with_name("other.pem")))
    assert "certificate verify failed" in call("status")[2]
    monkeypatch.setenv("PGSSLROOTCERT", str(secured.authority))
    assert call("status", "--no-models")[0] == 0
