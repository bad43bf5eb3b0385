"""SchemaHasher: one hash for models and for the database that is made from them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.conftest import SCHEMA
from api.in_environment import run
from psqlmigrate import Engine, MigrationConfig
from psqlmigrate.differ import SchemaDiffer
from psqlmigrate.errors import ModelError, SourceError, UsageError
from psqlmigrate.hasher import SchemaHasher

_TRIGGER = '''
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER update_timestamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE "My.Table ""%s""" ("a b" int CHECK ("a b" > 0));
CREATE SCHEMA "Größe";
CREATE STATISTICS stats (ndistinct) ON id, email FROM users;
CREATE TABLE "Größe".users (id int);
'''


def test_the_shape_of_the_document(engine: Engine, folder: Path) -> None:
    (folder / "schema.sql").write_text(SCHEMA + _TRIGGER)
    found = SchemaHasher().hash_models(["schema.sql"])
    assert list(found)[:3] == ["tables", "triggers", "indexes"]
    assert set(found["tables"]) == {
        "public.users",
        'public."My.Table ""%s"""',
        "Größe.users",
    }
    assert list(found["triggers"]) == ["public.users.update_timestamp"]
    assert list(found["indexes"]) == ["public.users.idx_email"]
    assert list(found["enums"]) == ["public.mood"]
    assert list(found["statistics"]) == ["public.stats"]
    for section in ("tables", "triggers", "indexes"):
        for value in found[section].values():
            assert value.startswith("sha256:")
            assert len(value) == 71
    assert found["meta"]["version"] == "1.0"
    assert len(found["meta"]["computed_at"]) == 19
    assert json.loads(json.dumps(found)) == found
    assert engine.fetch_one("SELECT count(*) FROM pg_class WHERE relname = 'users'") == (0,)


def test_models_and_their_database_have_the_same_hashes(engine: Engine, folder: Path) -> None:
    (folder / "schema.sql").write_text(SCHEMA + _TRIGGER)
    engine.execute(SCHEMA + _TRIGGER)
    hasher, differ = SchemaHasher(), SchemaDiffer()
    expected, actual = hasher.hash_models(["schema.sql"]), hasher.hash_database_schema(engine)
    assert not differ.compare(expected, actual).has_changes
    assert {**expected, "meta": 0} == {**actual, "meta": 0}
    engine.execute(
        'ALTER TABLE "Größe".users ADD x int; DROP INDEX idx_email; CREATE TABLE more (a int);'
        "ALTER TRIGGER update_timestamp ON users RENAME TO other; ALTER TYPE mood ADD VALUE 'glad'"
    )
    diff = differ.compare(expected, hasher.hash_database_schema(engine))
    assert differ.format_warnings(diff) == [
        "-public.more",
        "~Größe.users",
        "+trigger public.users.update_timestamp",
        "-trigger public.users.other",
        "+index public.users.idx_email",
        "~enum public.mood",
    ]
    assert diff.total_changes == 6


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ALTER email TYPE varchar(255)",
        "ALTER TABLE users ADD x int",
        "ALTER TABLE users ALTER email DROP NOT NULL",
        "ALTER TABLE users ADD UNIQUE (email)",
        "ALTER TABLE users DROP CONSTRAINT users_pkey",
        "ALTER TABLE users ALTER email SET DEFAULT 'x'",
    ],
)
def test_what_makes_a_table_a_modified_one(engine: Engine, folder: Path, change: str) -> None:
    assert folder.is_dir()
    engine.execute(SCHEMA)
    hasher = SchemaHasher()
    before = hasher.hash_database_schema(engine)
    engine.execute(change)
    diff = SchemaDiffer().compare(before, hasher.hash_database_schema(engine))
    assert (diff.modified_tables, diff.total_changes) == (["public.users"], 1)


def test_bookkeeping_is_left_out_and_an_empty_database_is_empty(
    engine: Engine, folder: Path
) -> None:
    assert folder.is_dir()
    from psqlmigrate import MigrationManager  # noqa: PLC0415

    MigrationManager(engine).init()
    actual = SchemaHasher().hash_database_schema(engine)
    assert (actual["tables"], actual["triggers"], actual["indexes"]) == ({}, {}, {})
    none = SchemaHasher().hash_models([])
    assert not SchemaDiffer().compare(none, actual).has_changes


def test_configured_models_and_what_is_left_out(folder: Path) -> None:
    assert folder.is_dir()
    found = SchemaHasher(MigrationConfig(models="schema.sql")).hash_models()
    assert list(found["tables"]) == ["public.users"]
    less = SchemaHasher(MigrationConfig(models="schema.sql", ignore=["index"])).hash_models()
    assert less["indexes"] == {}
    assert SchemaHasher().hash_models("schema.sql")["tables"] == found["tables"]
    with pytest.raises(UsageError, match="no models are named"):
        SchemaHasher().hash_models()


def test_what_is_no_model_is_told(folder: Path) -> None:
    hasher = SchemaHasher()
    for one in (object(), int, "users", None):
        with pytest.raises(ModelError):
            hasher.hash_table(one)
    for none in ([object()], object(), int, iter([5])):
        with pytest.raises(ModelError, match="no models"):
            hasher.hash_models(none)
    with pytest.raises(UsageError):
        hasher.hash_models(["nowhere.sql"])
    with pytest.raises(ModelError, match="is a spec among objects"):
        hasher.hash_models(["schema.sql", int])
    (folder / "schema.sql").write_text("CREATE TABLE t (a no_such_type)")
    with pytest.raises(SourceError, match="no_such_type"):
        hasher.hash_models(["schema.sql"])


_SQLALCHEMY = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String(255), nullable=False, unique=True)
    mood = sa.Column(sa.Enum("calm", "cross", name="mood"))
class Order(Base):
    __tablename__ = "orders"
    __table_args__ = {"schema": "shop"}
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id"), index=True)
class Admin(User):
    pass
"""

_PSQLMODEL = """
from psqlmodel import Column, PSQLModel, table
from psqlmodel.orm.types import serial, integer, varchar
@table(name="users")
class User(PSQLModel):
    id: serial = Column(primary_key=True)
    email: varchar = Column(nullable=False, unique=True, max_len=255)
@table(name="orders", schema="shop")
class Order(PSQLModel):
    id: serial = Column(primary_key=True)
    user_id: integer = Column(foreign_key="users.id", index=True)
"""

_ASK = """
from psqlmigrate import create_engine, MigrationManager, MigrationConfig
from psqlmigrate.errors import ModelError
from psqlmigrate.hasher import SchemaHasher
from psqlmigrate.differ import SchemaDiffer
hasher, differ = SchemaHasher(), SchemaDiffer()
expected = hasher.hash_models([User, Order])
assert list(expected["tables"]) == ["public.users", "shop.orders"], expected
(index,) = expected["indexes"]
assert index.startswith("shop.orders."), index
assert hasher.hash_table(User) == expected["tables"]["public.users"]
assert hasher.hash_table(Order) == expected["tables"]["shop.orders"]
assert SchemaHasher().hash_table(Order) == expected["tables"]["shop.orders"]
some = hasher.hash_models([Order])
assert (list(some["tables"]), some["indexes"]) == (["shop.orders"], expected["indexes"]), some
with create_engine(URL) as engine:
    everything = differ.compare(expected, hasher.hash_database_schema(engine))
    assert everything.new_tables == ["public.users", "shop.orders"], everything
    manager = MigrationManager(engine, MigrationConfig(models="models.py", auto_detect_changes=False))
    manager.init()
    manager.autogenerate("models")
    manager.upgrade()
    actual = hasher.hash_database_schema(engine)
    diff = differ.compare(expected, actual)
    assert not diff.has_changes, differ.format_warnings(diff)
    engine.execute("CREATE VIEW v AS SELECT 1; ALTER TABLE shop.orders ADD x int")
    diff = differ.compare(expected, hasher.hash_database_schema(engine))
    assert differ.format_warnings(diff) == ["~shop.orders"], differ.format_warnings(diff)
"""

_ONLY_SQLALCHEMY = """
assert hasher.hash_table(User.__table__) == hasher.hash_table(Admin) == hasher.hash_table(User)
assert hasher.hash_models([Base])["tables"] == hasher.hash_models([Base.metadata])["tables"]
assert "mood" in str(hasher.hash_models([User])["enums"])
assert "enums" not in hasher.hash_models([Order])
for same in (Base.metadata, iter([User, Order]), {User, Order}):
    assert hasher.hash_models(same)["tables"] == hasher.hash_models([User, Order])["tables"]
assert hasher.hash_models(User)["tables"] == hasher.hash_models([User])["tables"]
try:
    hasher.hash_table(Base)
except ModelError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("name", "models", "more"),
    [
        ("current", _SQLALCHEMY, _ONLY_SQLALCHEMY),
        ("former", _SQLALCHEMY, ""),
        ("current", _PSQLMODEL, ""),
        ("former", _PSQLMODEL, ""),
    ],
)
def test_the_classes_of_an_orm(
    folder: Path,
    url: str,
    make_environment: Callable[[str], Path],
    name: str,
    models: str,
    more: str,
) -> None:
    environment = make_environment(name)
    (folder / ".venv").symlink_to(environment)
    (folder / "models.py").write_text(models)
    run(environment, f"URL = {url!r}\nfrom models import *\n{_ASK}{more}", folder)
