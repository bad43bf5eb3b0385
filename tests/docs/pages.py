"""Pages of the documentation, typed as a reader would type them.

A fenced block of the language `console` holds commands behind `$ ` and what they print. All blocks of
a page run in one shell, one after the other; a block marked `not-run` is only read. `file=NAME` behind
a block's language writes the block to that file, `append=NAME` adds it to its end.

What is printed must be what the page says, but for versions, times, hashes, names of databases, the
number of blanks, and empty lines; `…` stands for any text, and alone in a line for any lines. A version
is what it was where the page first names it. A command may only fail before `$ echo $?`.
"""

import difflib
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

URL = "postgresql://me@localhost/app"
"""What pages write where a reader has the address of a database."""

_FENCE = re.compile(r"(?P<indent> *)```(?P<info>.*)\Z")
_VERSION = r"(?<!\d)\d{8}_\d{6}(?!\d)"
_LIKE = (
    r"sha256:[0-9a-f…]+",
    r"\d{4}-\d\d-\d\d \d\d:\d\d",
    r"\d+(?:\.\d+)? (?:ms|s|min)\b",
    r"\S+ on (?:local socket|[\w.]+:\d+)(?: as [\w-]+)?",
)
_TOKENS = re.compile(rf"(?P<version>{_VERSION})|(?P<any>…)|(?P<like>{'|'.join(_LIKE)})")
_END = "-- end of the command, with"


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is the number of its first line in the page."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    def named(self, key: str) -> str:
        """The value of `key=value` behind the language; empty when there is none."""
        found = (word.removeprefix(f"{key}=") for word in self.words if word.startswith(f"{key}="))
        return next(found, "")


@dataclass(frozen=True)
class Step:
    """A command, and what the page says that it prints."""

    command: str
    expected: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        opening = _FENCE.match(line)
        if not opening:
            continue
        body: list[str] = []
        for _, inner in lines:
            if inner.strip() == "```":
                break
            body.append(inner.removeprefix(opening["indent"]))
        language, *words = opening["info"].split() or [""]
        yield Block(language, tuple(words), "".join(f"{one}\n" for one in body), number + 1)


def steps(block: Block) -> Iterator[Step]:
    """The commands of a console block; a line that ends in a backslash goes on in the next."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"line {block.line}: a console block begins with `$ `"
    line = block.line
    for part in parts[1:]:
        found = re.match(r"(?:[^\n]*\\\n)*[^\n]*", part)
        command = found[0] if found else ""
        yield Step(command, part[len(command) :], line)
        line += part.count("\n")


class Shell:
    """A shell that keeps its folder and its environment from one command to the next."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["/bin/bash", "--norc"],
            cwd=folder,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        """What it prints, and its exit code, which the next command sees as `$?`."""
        given, printed = self._process.stdin, self._process.stdout
        assert given
        assert printed
        given.write(
            f"{{ {command}\n}} </dev/null; code=$?; printf '\\n{_END} %d\\n' $code; (exit $code)\n"
        )
        given.flush()
        lines: list[str] = []
        for line in printed:
            if line.startswith(_END):
                return "".join(lines).removesuffix("\n"), int(line.removeprefix(_END))
            lines.append(line)
        raise AssertionError(f"the shell has gone: {command}")

    def close(self) -> None:
        """Ends the shell."""
        self._process.communicate()


@dataclass
class Reader:
    """Somebody who types a page. `ran` gets each command that was done, as it was typed."""

    shell: Shell
    folder: Path
    url: str = URL
    versions: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def read(self, page: Path) -> None:
        """Types all of a page. Raises AssertionError with the line where it is not true."""
        todo = [step for block in blocks(page.read_text()) for step in self._of(block)]
        for step, following in zip(todo, [*todo, None][1:], strict=True):
            if isinstance(step, Block):
                self._write(step)
                continue
            may_fail = isinstance(following, Step) and following.command == "echo $?"
            self._type(page, step, may_fail=may_fail)

    @staticmethod
    def _of(block: Block) -> Iterator[Step | Block]:
        if block.named("file") or block.named("append"):
            yield block
        elif block.language == "console" and "not-run" not in block.words:
            yield from steps(block)

    def _write(self, block: Block) -> None:
        path = self.folder / self._real(block.named("file") or block.named("append"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if block.named("append") else "w") as file:
            file.write(self._real(block.text))

    def _type(self, page: Path, step: Step, *, may_fail: bool) -> None:
        command = self._real(step.command)
        printed, code = self.shell.run(command)
        where = f"{page.name}:{step.line}: $ {step.command}"
        assert code == 0 or may_fail, f"{where}\nexits with {code}\n{printed}"
        found = re.fullmatch(self._pattern(step.expected), _plain(printed))
        if not found:
            raise AssertionError(f"{where}\n{_difference(step.expected, printed)}")
        self.versions |= {
            f"{key[1:9]}_{key[9:]}": value for key, value in found.groupdict().items()
        }
        if code == 0:
            self.ran.append(command)

    def _real(self, text: str) -> str:
        """The text with the address and the versions that are true here."""
        known = re.sub(_VERSION, lambda found: self.versions.get(found[0], found[0]), text)
        return known.replace(URL, self.url)

    def _pattern(self, expected: str) -> str:
        seen: set[str] = set()
        return "".join(
            r"(?:.*\n)*?" if line == "…" else f"{self._line(line, seen)}\n"
            for line in _plain(expected).splitlines()
        )

    def _line(self, line: str, seen: set[str]) -> str:
        parts: list[str] = []
        at = 0
        for token in _TOKENS.finditer(line):
            parts += [re.escape(line[at : token.start()]), self._token(token, seen)]
            at = token.end()
        return "".join([*parts, re.escape(line[at:])])

    def _token(self, token: re.Match[str], seen: set[str]) -> str:
        text = token[0]
        if token["version"]:
            name = f"v{text.replace('_', '')}"
            if text in self.versions:
                return re.escape(self.versions[text])
            if name in seen:
                return f"(?P={name})"
            seen.add(name)
            return f"(?P<{name}>{_VERSION})"
        if token["like"]:
            return next(like for like in _LIKE if re.fullmatch(like, text))
        return ".*"


def _plain(text: str) -> str:
    """Without empty lines and without blanks that only align."""
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _difference(expected: str, printed: str) -> str:
    compared = difflib.unified_diff(
        _plain(expected).splitlines(), _plain(printed).splitlines(), "the page", "printed", n=99
    )
    return "\n".join([*compared, "printed in full:", printed])
