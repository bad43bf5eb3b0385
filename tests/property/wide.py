"""A random schema of many kinds, with names that every other has too, so that all of them change."""

import random

_TYPES = ("int", "text", "bigint", "date", "numeric(8,2)", "varchar(9)", "int[]", "uuid", "jsonb")
_DEFAULTS = {
    "int": ("1", "2"),
    "bigint": ("1",),
    "text": ("'a'", "'b'"),
    "date": ("'2020-01-01'", "now()"),
    "jsonb": ("'{}'",),
    "e": ("'x'", "NULL"),
}
_BOUNDS = {
    "RANGE": ("FROM (MINVALUE) TO (5)", "FROM (5) TO (MAXVALUE)"),
    "LIST": ("IN (1, 2)", "IN (3)"),
    "HASH": ("WITH (MODULUS 2, REMAINDER 0)", "WITH (MODULUS 2, REMAINDER 1)"),
}
_ACTIONS = (
    "",
    " ON DELETE CASCADE",
    " ON UPDATE SET NULL",
    " DEFERRABLE INITIALLY DEFERRED",
)


class Wide:
    """`text` is the SQL of the schema."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._lines: list[str] = []
        self._types: list[str] = [*_TYPES]
        self._functions: list[str] = []
        self._columns: dict[str, dict[str, str]] = {}
        self._keyed: list[str] = []
        self._make_types()
        self._make_functions()
        self._has_sequence = self._likely(0.5)
        if self._has_sequence:
            options = self._one("", " AS int", " INCREMENT 2", " CYCLE", " START 5")
            self._add(f"CREATE SEQUENCE s{options}")
        for name in ("a", "b", "c"):
            if self._likely(0.8):
                self._make_table(name)
        for name in self._columns:
            self._make_around(name)
        self._make_views()
        if self._columns and self._likely(0.2):
            self._add(f"CREATE PUBLICATION pub FOR TABLE {', '.join(self._columns)}")

    @property
    def text(self) -> str:
        return "".join(f"{line};\n" for line in self._lines)

    def _likely(self, share: float) -> bool:
        return self._chance.random() < share

    def _one(self, *of: str) -> str:
        return self._chance.choice(of)

    def _add(self, line: str) -> None:
        self._lines.append(line)

    def _make_types(self) -> None:
        if self._likely(0.7):
            labels = ["x", *(one for one in "yz" if self._likely(0.6))]
            self._chance.shuffle(labels)
            self._add(f"CREATE TYPE e AS ENUM ({', '.join(map(repr, labels))})")
            self._types += ["e", "e[]"]
        if self._likely(0.6):
            kind = self._one("int", "text", "varchar(5)")
            rest = self._one("", " NOT NULL", " CHECK (value IS NOT NULL)")
            self._add(f"CREATE DOMAIN d AS {kind}{rest}")
            self._types += ["d"]
            if self._likely(0.4):
                rest = self._one("", " CHECK (value IS NOT NULL)")
                self._add(f"CREATE DOMAIN dd AS d{rest}")
                self._types += ["dd"]
        if self._likely(0.6):
            inner = self._one("int", *(one for one in self._types if one in {"e", "d"}))
            self._add(f"CREATE TYPE p AS (m {inner}, n {self._one('text', 'int')})")
            self._types += ["p", "p[]"]
        if self._likely(0.3):
            self._add(f"CREATE TYPE r AS RANGE (subtype = {self._one('int', 'text', 'date')})")
            self._types += ["r"]

    def _make_functions(self) -> None:
        if self._likely(0.7):
            kind, more = self._one("int", "bigint"), self._one("1", "2")
            how = "IMMUTABLE LANGUAGE sql"
            self._add(f"CREATE FUNCTION f(v {kind}) RETURNS {kind} {how} AS 'SELECT v + {more}'")
            self._functions.append("f")
        if self._likely(0.4):
            body = self._one("RETURN 1", "RETURN 2", "BEGIN ATOMIC SELECT 3; END")
            self._add(f"CREATE FUNCTION g() RETURNS int STABLE LANGUAGE sql {body}")
            self._functions.append("g")
        if self._likely(0.6):
            rest = "'BEGIN RETURN NEW; END'" + self._one("", " COST 5")
            self._add(f"CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS {rest}")
            self._functions.append("tf")

    def _make_table(self, name: str) -> None:
        columns = self._columns[name] = {"id": "int"}
        lines = [f"{self._identifier()} NOT NULL"]
        for column in ("k", "l", "m", "n"):
            if self._likely(0.65):
                columns[column] = self._chance.choice(self._types)
                lines.append(f"{column} {columns[column]}{self._rest_of(columns[column])}")
        if self._likely(0.2):
            from_f = "f" in self._functions and self._likely(0.5)
            value = "f(id::int)" if from_f else "1 + id"
            lines.append(f"z bigint GENERATED ALWAYS AS ({value}) STORED")
        parted = self._likely(0.35)
        if self._likely(0.3):
            inherit = "" if parted else self._one("", "", " NO INHERIT")
            lines.append(f"CONSTRAINT {name}_ck CHECK (id > {self._one('-9', '-8')}){inherit}")
        if key := self._one("PRIMARY KEY (id)", "UNIQUE (id)", "PRIMARY KEY (id)", ""):
            later = "" if parted else self._one("", "", " DEFERRABLE")
            lines.append(f"CONSTRAINT {name}_key {key}{later}")
            self._keyed += [] if later else [name]
        how = self._one(*_BOUNDS)
        end = f" PARTITION BY {how} (id)" if parted else ""
        self._add(f"CREATE TABLE {name} ({', '.join(lines)}){end}")
        if parted:
            self._make_partitions(name, how)
        elif self._likely(0.25):
            own = self._one("", "own int", "own text NOT NULL")
            self._add(f"CREATE TABLE {name}_h ({own}) INHERITS ({name})")

    def _identifier(self) -> str:
        kind = self._one("int", "int", "bigint", "serial")
        when = self._one("", "", "ALWAYS", "BY DEFAULT")
        if not when or kind == "serial":
            return f"id {kind}"
        return f"id {kind} GENERATED {when} AS IDENTITY"

    def _rest_of(self, kind: str) -> str:
        found = [*_DEFAULTS.get(kind, ("NULL",))]
        if kind in {"int", "bigint"}:
            found += [f"{one}({'1' * (one == 'f')})" for one in self._functions if one != "tf"]
            found += ["nextval('s')"] * self._has_sequence
        rest = " NOT NULL" if self._likely(0.3) else ""
        return rest + (f" DEFAULT {self._one(*found)}" if self._likely(0.3) else "")

    def _make_partitions(self, name: str, how: str) -> None:
        low, high = _BOUNDS[how]
        self._add(f"CREATE TABLE {name}1 PARTITION OF {name} FOR VALUES {low}")
        if how != "HASH" and self._likely(0.3):
            of = f"PARTITION OF {name} FOR VALUES {high}"
            self._add(f"CREATE TABLE {name}2 {of} PARTITION BY RANGE (id)")
            self._add(f"CREATE TABLE {name}21 PARTITION OF {name}2 DEFAULT")
        elif self._likely(0.7):
            self._add(f"CREATE TABLE {name}2 PARTITION OF {name} FOR VALUES {high}")
        if how != "HASH" and self._likely(0.6):
            self._add(f"CREATE TABLE {name}3 PARTITION OF {name} DEFAULT")

    def _make_around(self, name: str) -> None:
        columns = [*self._columns[name]]
        if self._keyed and self._likely(0.5):
            other, action = self._one(*self._keyed), self._one(*_ACTIONS)
            self._add(f"ALTER TABLE {name} ADD fk int")
            key = f"FOREIGN KEY (fk) REFERENCES {other} (id){action}"
            self._add(f"ALTER TABLE {name} ADD CONSTRAINT {name}_fk {key}")
        if self._likely(0.4):
            column = self._one(*columns)
            what = self._one(f"(({column} IS NULL), id)", f"(id) WHERE {column} IS NOT NULL")
            self._add(f"CREATE INDEX {name}_ix ON {name} {what}")
        if len(columns) > 1 and self._likely(0.15):
            self._add(f"CREATE STATISTICS {name}_st ON id, {columns[-1]} FROM {name}")
        if "tf" in self._functions and self._likely(0.4):
            when = self._one("BEFORE INSERT", "AFTER UPDATE OF id", "AFTER DELETE", "BEFORE UPDATE")
            rest = f"{when} ON {name} FOR EACH ROW EXECUTE FUNCTION tf()"
            self._add(f"CREATE TRIGGER {name}_tr {rest}")
        if self._likely(0.25):
            self._add(f"COMMENT ON TABLE {name} IS '{self._one('one', 'two')}'")
        if self._likely(0.2):
            self._add(f"COMMENT ON COLUMN {name}.{self._one(*columns)} IS 'c'")
        if self._likely(0.2):
            self._add(f"CREATE POLICY po ON {name} USING ({self._one(*columns)} IS NOT NULL)")
            self._add(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        if self._likely(0.2):
            self._add(f"GRANT {self._one('SELECT', 'INSERT')} ON {name} TO PUBLIC")

    def _make_views(self) -> None:
        if not self._columns:
            return
        name = self._one(*self._columns)
        if self._likely(0.6):
            more = ", f(1) AS q" if "f" in self._functions and self._likely(0.5) else ""
            self._add(f"CREATE VIEW v AS SELECT {', '.join(self._columns[name])}{more} FROM {name}")
            if self._likely(0.4):
                self._add("CREATE VIEW vv AS SELECT id FROM v WHERE id > 0")
            if self._likely(0.2):
                self._add("CREATE RULE ru AS ON INSERT TO v DO INSTEAD NOTHING")
        if self._likely(0.3):
            self._add(f"CREATE MATERIALIZED VIEW mv AS SELECT * FROM {name}")
            if self._likely(0.5):
                self._add("CREATE UNIQUE INDEX mv_ix ON mv (id)")
