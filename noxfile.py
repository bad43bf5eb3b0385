"""All checks of the project: `nox`, nothing else has to be installed before."""

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "layers", "tests", "wheel"]

TEST_NEEDS = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
LINT_NEEDS = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "lint")


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format."""
    session.install("ruff>=0.14")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Both type checkers: only the second one knows LiteralString."""
    session.install("-e", ".", *LINT_NEEDS)
    session.run("mypy")
    session.run("basedpyright")


@nox.session
def layers(session: nox.Session) -> None:
    """Each layer imports only those below it."""
    session.install("-e", ".", "import-linter>=2.5")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test, on a PostgreSQL server that the tests start."""
    session.install("-e", ".", *TEST_NEEDS)
    # Tests wait for servers more than they compute. Hundreds of them start psqlmigrate, which
    # should not be compiled each time.
    workers = (os.cpu_count() or 1) + 1
    words = ("pytest", "-n", str(workers), "--dist", "worksteal", *session.posargs)
    session.run(*words, env={"PYTHONDONTWRITEBYTECODE": ""})


@nox.session
def cases(session: nox.Session) -> None:
    """Every case both ways on every PostgreSQL that is here, and on rows: `tests` has a part."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_ALL_CASES": "1"}
    session.run("pytest", "-n", str((os.cpu_count() or 1) + 1), "tests/corpus", env=env)


@nox.session
def facts(session: nox.Session) -> None:
    """One fact changed for each field of each kind, and what each hazard says: `tests` has some."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_ALL_FACTS": "1"}
    workers = str((os.cpu_count() or 1) + 1)
    laws = [f"tests/property/test_{name}_laws.py" for name in ("plan", "wide")]
    files = ("tests/mutations", "tests/corpus/test_hazards.py", *laws)
    session.run("pytest", "-n", workers, *files, env=env)


@nox.session
def chaos(session: nox.Session) -> None:
    """200 rounds of runs, readers, kills and crashes on one database: `tests` has twelve."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_CHAOS_ROUNDS": "200"}
    session.run("pytest", "tests/faults/test_races.py", "-k", "chaos", env=env)


@nox.session
def kills(session: nox.Session) -> None:
    """The program is killed, or its connection cut, at each message: `tests` has fewer of them."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_ALL_KILLS": "1"}
    workers = str((os.cpu_count() or 1) + 1)
    session.run(
        "pytest",
        "-n",
        workers,
        "tests/faults/test_kills.py",
        "tests/faults/test_cutting.py",
        env=env,
    )


@nox.session
def security(session: nox.Session) -> None:
    """Every command against planted traps, and looked through for passwords: `tests` has some."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_ALL_SECURITY": "1"}
    files = [f"tests/cli/test_{name}.py" for name in ("planted", "canary", "grants")]
    session.run("pytest", "-n", str((os.cpu_count() or 1) + 1), *files, env=env)


@nox.session
def mutants(session: nox.Session) -> None:
    """Runners with one thing wrong in each are caught by the tests: `tests` has one of them."""
    session.install("-e", ".", *TEST_NEEDS)
    env = {"PSQLMIGRATE_ALL_MUTANTS": "1"}
    workers = str((os.cpu_count() or 1) + 1)
    session.run("pytest", "-n", workers, "tests/faults/test_mutants.py", env=env)


@nox.session
def wheel(session: nox.Session) -> None:
    """The built wheel in an environment that has nothing else."""
    session.install("build")
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", "--outdir", folder, silent=True)
        built = next(Path(folder).glob("*.whl"))
        session.install(f"{built}[embedded]")
        work = Path(folder) / "work"
        shutil.copytree("tests/projects/shop", work)
        session.chdir(work)
        for arguments in (
            ("--version",),
            ("init", "--url", "embedded", "--models", "schema.sql"),
            ("autogenerate", "first"),
            ("upgrade",),
            ("check",),
            ("status", "--exit-code"),
        ):
            session.run("psqlmigrate", *arguments, env={"XDG_DATA_HOME": f"{folder}/data"})
