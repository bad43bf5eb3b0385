import json
from dataclasses import replace
from pathlib import Path

import pytest

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations.certificate import (
    Certificate,
    CertifiedStatement,
    Failure,
    ObjectHashes,
    WithoutRows,
    read,
    rendered,
    write,
)

ONE = Certificate(
    version="20260101_000000",
    checksum="ab" * 32,
    format_version=1,
    server_version=18,
    settings="sha256:1",
    baseline="3 migrations",
    schema_before="sha256:2",
    schema_after="sha256:3",
    objects=(
        ObjectHashes("table", "public.b", None, "sha256:4"),
        ObjectHashes("table", 'public."a"', "sha256:5", None),
    ),
    statements=(CertifiedStatement("SELECT 'é'", ("data loss",)), CertifiedStatement("SELECT 0")),
    loses=("values of public.a.x",),
    may_fail=(Failure("up", "ALTER", "public.a", "null"),),
    without_rows=(WithoutRows("public.c", "no value"),),
)


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "certificates" / "20260101_000000.json"
    write(path, ONE)
    again = read(path)
    assert replace(again, objects=ONE.objects) == ONE
    assert set(again.objects) == set(ONE.objects)


def test_equal_certificates_are_equal_bytes() -> None:
    other = replace(ONE, objects=tuple(reversed(ONE.objects)))
    assert rendered(other) == rendered(ONE)


def test_each_object_has_a_line_and_statements_keep_their_order() -> None:
    text = rendered(ONE)
    lines = [line for line in text.splitlines() if '"kind"' in line]
    assert [json.loads(line.rstrip(","))["name"] for line in lines] == ['public."a"', "public.b"]
    assert text.index("'é'") < text.index("SELECT 0")


def test_a_certificate_of_the_first_form_is_read(tmp_path: Path) -> None:
    content = {
        "version": "1",
        "checksum": "c",
        "format_version": 1,
        "server_version": 150018,
        "schema_before": "",
        "schema_after": "",
        "objects": [],
        "statements": [],
    }
    path = tmp_path / "1.json"
    path.write_text(json.dumps(content))
    assert read(path).server_version == 15
    assert read(path).settings == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", '{"version": 1}', rendered(ONE).replace("18", '"18"'),
     rendered(ONE).replace('"before": null', '"before": 7'), "\xff"],
)  # fmt: skip
def test_what_is_no_certificate_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "20260101_000000.json"
    path.write_bytes(text.encode("latin-1") if text == "\xff" else text.encode())
    with pytest.raises(StateCorruptionError, match="20260101_000000"):
        read(path)
