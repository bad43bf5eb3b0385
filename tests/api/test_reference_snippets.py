"""The snippets by which the Python API is known, run one after another as a user's program.

They are run once where the models are an .sql file, and once in the environment of each ORM.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.in_environment import run

QUICK_START = """
from psqlmigrate import create_engine, SchemaDriftWarning
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    engine = create_engine("postgresql://user:pass@localhost/db")
(warning,) = caught
assert warning.category is SchemaDriftWarning
assert str(warning.message).startswith("[PSQLMIGRATE] Schema drift detected: "), warning
assert "+public.users" in str(warning.message) and "Run '" in str(warning.message)

with warnings.catch_warnings():
    warnings.simplefilter("error")
    engine = create_engine("postgresql://user:pass@localhost/db", check_schema_drift=False)
"""

MANAGER = """
from psqlmigrate import create_engine, MigrationManager, MigrationConfig

engine = create_engine("postgresql://user:pass@localhost/db", check_schema_drift=False)
manager = MigrationManager(engine)
my_lines = []
my_logger_func = my_lines.append

config = MigrationConfig(
    migrations_path="./db/migrations",
    debug=True,
    logger=my_logger_func,
    fail_on_drift=False,
)
manager = MigrationManager(engine, config)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    manager.init()

status = manager.status()
assert (status.pending_count, status.initialized) == (0, True)

found = manager.validate()
assert "+public.users" in found, found

migration = manager.autogenerate("Add users table")
assert migration.message == "Add users table"
assert migration.path.parent.name == "migrations" and migration.path.parent.parent.name == "db"
assert manager.status().pending_count == 1

manager.upgrade()
assert manager.validate() == []

manager.downgrade("-1")
assert manager.history() == []
manager.upgrade()

for record in manager.history():
    assert (record["version"], record["message"]) == (migration.version, "Add users table")
assert any("CREATE TABLE" in line for line in my_lines), my_lines
"""

CONFIG = """
config = MigrationConfig(
    migrations_path="./db/migrations",
    state_table_name="_psqlmodel_schema_state",
    history_table_name="_psqlmodel_migrations",
    state_file_name=".schema_state.json",
    auto_detect_changes=True,
    fail_on_drift=False,
    debug=False,
    logger=None,
    version_format="%Y%m%d_%H%M%S",
)
manager = MigrationManager(engine, config)
assert manager.current() == migration.version
"""

FILE = '''
from psqlmigrate import Migration


class AddUsersTable(Migration):
    """Add a table"""

    version = "20251212_191130"
    message = "Add notes table"
    depends_on = None

    def up(self, engine):
        """Apply the migration."""
        engine.execute("""
            CREATE TABLE notes (
                id SERIAL PRIMARY KEY,
                share VARCHAR(255) NOT NULL DEFAULT '100%'
            )
        """)

    def down(self, engine):
        """Revert the migration."""
        engine.execute("DROP TABLE IF EXISTS notes CASCADE")


AddUsersTable().up(engine)
assert engine.fetch_all("SELECT * FROM notes") == []
AddUsersTable().down(engine)
assert engine.fetch_one("SELECT to_regclass('notes')") == (None,)
'''

HASHING = """
from psqlmigrate.hasher import SchemaHasher

hasher = SchemaHasher()
hash = hasher.hash_table(User) if User else None
expected = hasher.hash_models([User, Order, Product] if User else ["schema.sql"])
actual = hasher.hash_database_schema(engine)
assert set(expected["tables"]) == {"public.users", "public.orders", "public.products"}, expected
assert hash in (None, expected["tables"]["public.users"])
assert expected["tables"]["public.users"].startswith("sha256:")
assert "public.users.idx_email" in expected["indexes"], expected
assert expected["meta"]["version"] == "1.0" and expected["meta"]["computed_at"]
"""

DIFFING = """
from psqlmigrate.differ import SchemaDiffer

differ = SchemaDiffer()
diff = differ.compare(expected, actual)
assert not diff.has_changes, differ.format_warnings(diff)

engine.execute("ALTER TABLE users ALTER COLUMN email DROP NOT NULL; CREATE TABLE more (a int)")
diff = differ.compare(expected, hasher.hash_database_schema(engine))
if diff.has_changes:
    assert diff.total_changes == 2
    for warning in differ.format_warnings(diff):
        assert warning in ("-public.more", "~public.users"), warning
assert (diff.new_tables, diff.removed_tables) == ([], ["public.more"])
assert diff.modified_tables == ["public.users"]
assert not (diff.new_triggers or diff.removed_triggers or diff.modified_triggers)
assert not (diff.new_indexes or diff.removed_indexes or diff.modified_indexes)
engine.execute("ALTER TABLE users ALTER COLUMN email SET NOT NULL; DROP TABLE more")
"""

STATE = """
from psqlmigrate.state import StateManager

state_manager = StateManager(engine, config)
assert state_manager.validate_state_consistency() == []
engine.execute("UPDATE _psqlmodel_schema_state SET hash = repeat('0', 64) WHERE object_name = 'public.users'")
assert len(state_manager.validate_state_consistency()) == 1
state_manager.sync_from_db()
assert state_manager.validate_state_consistency() == []
state_manager.sync_to_db()
assert state_manager.validate_state_consistency() == []
"""

EXCEPTIONS = """
import psqlmigrate
from psqlmigrate import (
    MigrationError, SchemaDriftError, MigrationNotFoundError, MigrationAlreadyAppliedError,
    MigrationDependencyError, RollbackError, StateCorruptionError,
)

def raised(kind, act):
    try:
        act()
    except MigrationError as error:
        assert type(error) is kind or isinstance(error, kind), error
        return error
    raise AssertionError(f"no {kind}")

assert raised(MigrationNotFoundError, lambda: manager.upgrade("29990101_000000")).version
assert raised(MigrationAlreadyAppliedError, lambda: manager.upgrade(migration.version)).version

bad = manager.autogenerate("Not to be reverted", empty=True)
text = bad.path.read_text()
bad.path.write_text(
    "from psqlmigrate import Migration\\n"
    "class Bad(Migration):\\n"
    f"    version = {bad.version!r}\\n    depends_on = {migration.version!r}\\n"
    "    def up(self, engine):\\n        engine.execute('SELECT 1')\\n"
    "    def down(self, engine):\\n        engine.execute('DROP TABLE nowhere')\\n"
)
manager.upgrade()
error = raised(RollbackError, lambda: manager.downgrade("-1"))
assert error.version == bad.version and "nowhere" in str(error.original_error)
good = bad.path.read_text()
bad.path.write_text(good.replace("'DROP TABLE nowhere'", "'SELECT 1'"))
raised(MigrationError, lambda: manager.downgrade("-1"))  # edited after it was applied
bad.path.write_text(good.replace(repr(migration.version), "'20000101_000000'"))
assert raised(MigrationDependencyError, manager.upgrade).depends_on == "20000101_000000"
bad.path.write_text(good)

strict = MigrationManager(engine, MigrationConfig(migrations_path="./db/migrations", fail_on_drift=True))
engine.execute("ALTER TABLE users ADD COLUMN by_hand int")
assert raised(SchemaDriftError, strict.validate).warnings == ("~public.users",)
engine.execute("ALTER TABLE users DROP COLUMN by_hand")

state_file = bad.path.parent / ".schema_state.json"
kept = state_file.read_text()
state_file.write_text("{")
assert "damaged" in str(raised(StateCorruptionError, state_manager.validate_state_consistency))
state_file.write_text(kept)
"""

ASYNC = """
import time
from psqlmigrate import MigrationManager

last = manager.autogenerate("The last", empty=True)
job_id = manager.upgrade_async()
status = manager.get_async_status(job_id)
assert status["status"] in ("running", "completed"), status
while (status := manager.get_async_status(job_id))["status"] == "running":
    time.sleep(0.05)
assert status == {"status": "completed", "count": 1}, status
assert manager.current() == last.version
print("all done")
"""

SNIPPETS = (QUICK_START, MANAGER, CONFIG, FILE, HASHING, DIFFING, STATE, EXCEPTIONS, ASYNC)

SQL = """
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL);
CREATE INDEX idx_email ON users (email);
CREATE TABLE products (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
"""

SQLALCHEMY = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String(255), nullable=False)
    __table_args__ = (sa.Index("idx_email", "email"),)
class Product(Base):
    __tablename__ = "products"
    id = sa.Column(sa.Integer, primary_key=True)
class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id"))
"""

PSQLMODEL = """
from psqlmodel import Column, Index, PSQLModel, table
from psqlmodel.orm.types import serial, integer, varchar
@table(name="users", indexes=[Index("email", name="idx_email")])
class User(PSQLModel):
    id: serial = Column(primary_key=True)
    email: varchar = Column(nullable=False, max_len=255)
@table(name="products")
class Product(PSQLModel):
    id: serial = Column(primary_key=True)
@table(name="orders")
class Order(PSQLModel):
    id: serial = Column(primary_key=True)
    user_id: integer = Column(foreign_key="users.id", index=False)
"""


def _program(url: str, preamble: str) -> str:
    text = "\n".join((preamble, *SNIPPETS))
    return text.replace("postgresql://user:pass@localhost/db", url)


def test_with_models_in_sql(folder: Path, url: str) -> None:
    (folder / "schema.sql").write_text(SQL)
    (folder / "psqlmigrate.toml").write_text('models = ["schema.sql"]\n')
    assert run(Path(sys.prefix), _program(url, "User = None"), folder) == "all done\n"


@pytest.mark.parametrize("name", ["current", "former"])
@pytest.mark.parametrize("models", [SQLALCHEMY, PSQLMODEL], ids=["sqlalchemy", "psqlmodel"])
def test_with_classes(
    folder: Path, url: str, make_environment: Callable[[str], Path], name: str, models: str
) -> None:
    environment = make_environment(name)
    (folder / ".venv").symlink_to(environment)
    (folder / "shop.py").write_text(models)
    (folder / "psqlmigrate.toml").write_text('models = ["shop"]\n')
    program = _program(url, "from shop import User, Order, Product")
    assert run(environment, program, folder) == "all done\n"
