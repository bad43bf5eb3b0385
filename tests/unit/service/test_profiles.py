import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psqlmigrate.errors import ConnectionFailedError, ProfileError, StateCorruptionError
from psqlmigrate.service.passwords import password_of
from psqlmigrate.service.profiles import ProfileStore

WRITER = """
import sys
from pathlib import Path
from psqlmigrate.service.profiles import ProfileStore
store = ProfileStore(Path(sys.argv[1]), Path(sys.argv[1]) / "none")
for number in range(5):
    store.save(f"{sys.argv[2]}-{number}", {"host": sys.argv[2]})
"""


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "config", tmp_path / "legacy.json")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_saved_in_the_shape_of_psqlmodel(store: ProfileStore) -> None:
    store.save("prod", {"host": "db", "password": "canary", "port": None}, default=True)
    content = json.loads(store.path.read_text())
    assert content == {
        "profiles": {"prod": {"host": "db", "password": "canary"}},
        "default": "prod",
    }
    assert (_mode(store.path), _mode(store.path.parent)) == (0o600, 0o700)
    assert sorted(one.name for one in store.path.parent.iterdir()) == [".lock", "config.json"]
    assert "canary" not in repr(store.show("prod"))


def test_saving_again_keeps_what_is_not_named(store: ProfileStore) -> None:
    store.save("prod", {"host": "db", "password": "p", "port": 5432})
    content = json.loads(store.path.read_text())
    content["profiles"]["prod"]["colour"] = "red"
    content["theme"] = "dark"
    store.path.write_text(json.dumps(content))
    store.save("prod", {"port": None, "password": None, "keyring": True})
    assert store.show("prod").entry == {"host": "db", "colour": "red", "keyring": True}
    assert json.loads(store.path.read_text())["theme"] == "dark"


def test_psqlmodels_profiles_are_read_and_own_ones_win(store: ProfileStore) -> None:
    store.legacy.write_text(
        json.dumps({"profiles": {"a": {"host": "old"}, "b": {"host": "old"}}, "default": "a"})
    )
    before = store.legacy.read_bytes()
    store.save("b", {"host": "new"})
    found = store.profiles()
    assert {name: (one.text("host"), one.own) for name, one in found.items()} == {
        "a": ("old", False),
        "b": ("new", True),
    }
    assert store.default == "a"
    store.use("b")
    assert store.default == "b"
    with pytest.raises(ProfileError, match="psqlmodel's"):
        store.remove("a")
    assert store.legacy.read_bytes() == before


def test_unknown_names(store: ProfileStore) -> None:
    store.save("prod", {})
    for call in (store.show, store.use, store.remove):
        with pytest.raises(ProfileError) as caught:
            call("prdo")
        assert (str(caught.value), caught.value.hint) == (
            'no profile named "prdo"',
            'did you mean "prod"?',
        )
    with pytest.raises(ProfileError, match="needs a name"):
        store.save(" ", {})


def test_removing_the_default(store: ProfileStore) -> None:
    store.save("prod", {}, default=True)
    store.remove("prod")
    assert (store.profiles(), store.default) == ({}, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.text(min_size=1).filter(lambda one: one.strip() and "\0" not in one), st.text())
def test_hostile_names_are_data(store: ProfileStore, name: str, host: str) -> None:
    if "\0" in host:  # a program cannot be given one
        with pytest.raises(ProfileError, match="host is no text"):
            store.save(name, {"host": host})
        return
    store.save(name, {"host": host})
    assert store.show(name).entry["host"] == host
    assert sorted(one.name for one in store.path.parent.iterdir()) == [".lock", "config.json"]
    store.remove(name)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"profiles": []}',
        '{"profiles": {"a": 1}}',
        '{"profiles": {"a": {"host": 1}}}',
        '{"profiles": {"a": {"port": []}}}',
        '{"profiles": {"a": {"models_path": [1]}}}',
        '{"default": 1}',
        "\udcff",
    ],
)
def test_a_damaged_file_is_left_alone(store: ProfileStore, content: str) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(data := content.encode("utf-8", "surrogateescape"))
    for call in (store.profiles, lambda: store.save("b", {}), lambda: store.use("a")):
        with pytest.raises(StateCorruptionError, match="is damaged"):
            call()
    assert store.path.read_bytes() == data


def test_twelve_writers_lose_nothing(store: ProfileStore) -> None:
    folder = str(store.path.parent)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, folder, f"w{number}"])
        for number in range(12)
    ]
    assert [one.wait() for one in writers] == [0] * 12
    assert len(store.profiles()) == 60
    assert sorted(one.name for one in store.path.parent.iterdir()) == [".lock", "config.json"]


def test_a_file_that_others_can_read_is_warned_of(store: ProfileStore) -> None:
    store.save("prod", {"host": "db"})
    store.path.chmod(0o644)
    assert store.warnings() == ()
    store.path.chmod(0o664)
    assert "others can change" in store.warnings()[0]
    store.save("prod", {"password": "canary"})
    assert store.warnings() == ()
    store.path.chmod(0o644)
    (warning,) = store.warnings()
    assert "chmod 600" in warning
    assert "canary" not in warning


def test_a_link_stays_a_link(store: ProfileStore, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "dotfiles.json").write_text("{}")
    store.path.symlink_to(tmp_path / "dotfiles.json")
    store.save("prod", {"host": "db"})
    assert store.path.is_symlink()
    assert "prod" in (tmp_path / "dotfiles.json").read_text()


def test_the_folder_of_the_user(tmp_path: Path) -> None:
    assert ProfileStore.of_user({"PSQLMIGRATE_CONFIG_DIR": str(tmp_path)}).path.parent == tmp_path
    assert ProfileStore.of_user({}).path.parent.name == "psqlmigrate"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProfileError, match=r"cannot (read|write)"):
        ProfileStore(tmp_path / "file", tmp_path / "none").save("prod", {})


def test_a_password_command(store: ProfileStore) -> None:
    program = f"{sys.executable} -c 'print(\"canary #1\"); print(2)'"
    profile = store.save("prod", {"password_command": program})
    assert profile.password == "command"
    assert password_of(profile) == "canary #1"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sh -c 'echo canary; echo canary >&2; exit 7'", "ended with exit code 7"),
        ("true", "printed nothing"),
        ("sleep 5", "took longer than 0.2 s"),
        ("/no/such/program", "cannot be run: No such file"),
        ("echo 'open", "is not a command"),
        (" ", "is not a command"),
    ],
)
def test_a_password_command_that_fails(store: ProfileStore, command: str, message: str) -> None:
    profile = store.save("prod", {"password_command": command})
    with pytest.raises(ConnectionFailedError, match=message) as caught:
        password_of(profile, timeout=0.2 if command == "sleep 5" else 10)
    assert "canary" not in str(caught.value) + caught.value.hint


def test_no_shell_reads_the_command(store: ProfileStore, tmp_path: Path) -> None:
    profile = store.save("prod", {"password_command": f"echo a; touch {tmp_path}/planted $(id)"})
    assert password_of(profile) == f"a; touch {tmp_path}/planted $(id)"
    assert not (tmp_path / "planted").exists()


def test_a_keyring_that_is_not_installed(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    profile = store.save("prod", {"keyring": True})
    with pytest.raises(ProfileError, match="not installed") as caught:
        password_of(profile)
    assert "pipx inject psqlmigrate keyring" in caught.value.hint


def test_what_a_profile_leads_to(store: ProfileStore) -> None:
    profile = store.save(
        "prod", {"username": "u", "port": 5433, "database": "app", "models_path": "m.py"}
    )
    target = profile.target("option --profile", "canary")
    assert target.label == "app on localhost:5433 as u"
    assert target.params["password"] == "canary"
    assert (target.profile, profile.models_path, profile.password) == ("prod", ("m.py",), "none")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read(store: ProfileStore) -> None:
    store.save("prod", {})
    store.path.chmod(0)
    with pytest.raises(ProfileError, match="cannot read"):
        store.profiles()
