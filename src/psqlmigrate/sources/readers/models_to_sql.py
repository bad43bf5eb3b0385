"""Runs in the user's own interpreter: models become SQL text, as JSON in the file argv[1].

Only the standard library is imported here; SQLAlchemy and psqlmodel are the user's.
"""

import importlib
import importlib.util
import json
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Reads the specs in argv[2:]; the answer is {"sql": [...]} or {"error", "traceback"}."""
    answer: dict[str, Any]
    sys.path.insert(0, str(Path.cwd()))
    try:
        modules = [module for spec in sys.argv[2:] for module in load(spec)]
        answer = {"sql": statements(modules)}
    except BaseException as error:
        lines = traceback.extract_tb(error.__traceback__)
        hidden = (__file__, importlib.__file__)
        own = [one for one in lines if one.filename not in hidden and "<frozen" not in one.filename]
        text = "".join(traceback.format_list(own) + traceback.format_exception_only(error))
        answer = {"error": f"{type(error).__name__}: {error}", "traceback": text}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")


def load(spec: str) -> list[Any]:
    """The modules of a spec: a dotted name, a .py file, or a directory of them."""
    path = Path(spec)
    if path.is_dir():
        files = [one for one in sorted(path.rglob("*.py")) if not one.name.startswith("_")]
        return [load_file(one) for one in files]
    if spec.endswith(".py"):
        return [load_file(path)]
    module = importlib.import_module(spec)
    return [module, *submodules(module)]


def submodules(module: Any) -> list[Any]:
    """The modules of a package, so that a package of models needs no list of its own."""
    files = (
        path
        for folder in getattr(module, "__path__", ())
        for path in sorted(Path(folder).glob("*.py"))
    )
    names = (path.stem for path in files if not path.name.startswith("_"))
    return [importlib.import_module(f"{module.__name__}.{name}") for name in names]


def load_file(path: Path) -> Any:
    """A file as a module; one that belongs to an importable package is imported as such."""
    try:
        relative = path.resolve().relative_to(Path.cwd().resolve()).with_suffix("")
    except ValueError:
        relative = Path(path.stem)
    name = ".".join(relative.parts)
    if name.isidentifier() or all(part.isidentifier() for part in relative.parts):
        sys.path.insert(0, str(path.resolve().parent)) if len(relative.parts) == 1 else None
        return importlib.import_module(name)
    found = importlib.util.spec_from_file_location(path.stem, path)
    if found is None or found.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(found)
    sys.modules[path.stem] = module
    found.loader.exec_module(module)
    return module


def statements(modules: list[Any]) -> list[str]:
    """DDL of all models found, SQLAlchemy's and psqlmodel's."""
    found = [*sqlalchemy_ddl(modules), *psqlmodel_ddl(modules)]
    if not found:
        names = ", ".join(module.__name__ for module in modules)
        raise LookupError(
            f"no models in {names}: neither SQLAlchemy metadata nor PSQLModel classes"
        )
    return found


def sqlalchemy_ddl(modules: list[Any]) -> list[str]:
    """What create_all() would run on an empty database, schemas first."""
    if "sqlalchemy" not in sys.modules:
        return []
    import sqlalchemy

    metadatas: list[Any] = []
    for module in modules:
        for value in vars(module).values():
            metadata = (
                value
                if isinstance(value, sqlalchemy.MetaData)
                else getattr(value, "metadata", None)
            )
            if (
                isinstance(metadata, sqlalchemy.MetaData)
                and metadata not in metadatas
                and metadata.tables
            ):
                metadatas.append(metadata)
    found: list[str] = []

    def keep(statement: Any, *_: Any, **__: Any) -> None:
        found.append(str(statement.compile(dialect=engine.dialect)).strip())

    engine = _mock(keep)
    for metadata in metadatas:
        schemas = sorted({table.schema for table in metadata.tables.values() if table.schema})
        found.extend(
            f'CREATE SCHEMA IF NOT EXISTS "{schema}"' for schema in schemas if schema != "public"
        )
        metadata.create_all(engine, checkfirst=False)
    return found


def _mock(keep: Any) -> Any:
    """A mock engine that needs no database driver."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.engine.mock import MockConnection

    return MockConnection(postgresql.dialect(), keep)


def psqlmodel_ddl(modules: list[Any]) -> list[str]:
    """Tables, then foreign keys and triggers, of every PSQLModel class."""
    if "psqlmodel" not in sys.modules:
        return []
    from psqlmodel.orm.table import generate_table_ddl

    models: dict[str, Any] = {}
    for module in modules:
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and getattr(value, "__tablename__", None)
                and getattr(value, "__columns__", None)
            ):
                models.setdefault(f"{value.__module__}.{value.__qualname__}", value)
    tables: list[str] = []
    late: list[str] = []
    for _, model in sorted(models.items()):
        for text in generate_table_ddl(model):
            (tables if text.lstrip().upper().startswith("CREATE TABLE") else late).append(text)
        late.extend(triggers(model))
    kinds = sorted(
        {getattr(model, "__schema__", None) or "public" for model in models.values()} - {"public"}
    )
    return [*(f'CREATE SCHEMA IF NOT EXISTS "{kind}"' for kind in kinds), *tables, *late]


def triggers(model: Any) -> list[str]:
    """The triggers' SQL, whatever form this version of psqlmodel gives it."""
    found: list[str] = []
    for trigger in getattr(model, "__triggers__", None) or ():
        text = trigger.to_sql() if hasattr(trigger, "to_sql") else trigger
        found.extend([text] if isinstance(text, str) else text)
    return found


if __name__ == "__main__":
    main()
