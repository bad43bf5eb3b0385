"""Event triggers (manual, CREATE EVENT TRIGGER)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, literal, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_ENABLED = {
    "O": sql("ENABLE"),
    "D": sql("DISABLE"),
    "R": sql("ENABLE REPLICA"),
    "A": sql("ENABLE ALWAYS"),
}


@dataclass(frozen=True, slots=True)
class EventTrigger(DbObject):
    """An event trigger. It would fire on the plan itself: it is the last thing that is made or
    enabled and the first that goes. PostgreSQL fires none for what is done to event triggers.
    """

    kind: ClassVar[str] = "event trigger"
    catalog: ClassVar[LiteralString] = "pg_event_trigger"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_event_trigger WHERE oid >= 16384"
    rank: ClassVar[int] = 900
    naming: ClassVar[Naming] = Naming.QUIET

    name: str
    event: str
    tags: tuple[str, ...]
    function: str
    enabled: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT e.oid, e.evtname::text, e.evtevent::text, coalesce(e.evttags, '{}'),
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname),
       e.evtenabled::text
  FROM pg_catalog.pg_event_trigger e
  JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "EventTrigger":
        name, event, tags, function, enabled = row
        return cls(name, event, tuple(tags), function, enabled)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def sql_name(self) -> Sql:
        return sql("EVENT TRIGGER {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        tags = join(", ", map(literal, self.tags))
        when = sql("\n    WHEN TAG IN ({})", tags) if self.tags else NOTHING
        text = sql(
            "CREATE {} ON {}{}\n    EXECUTE FUNCTION {}()",
            self.sql_name,
            ident(self.event),
            when,
            printed(self.function),
        )
        made = Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE}))
        return (made,) if self.enabled == "O" else (made, self._enable(self.enabled))

    def _enable(self, state: str) -> Statement:
        text = sql("ALTER {} {}", self.sql_name, _ENABLED[state])
        return Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE}))

    def drop(self) -> Statements:
        text = sql("DROP {}", self.sql_name)
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def alter(self, new: Self) -> Alteration | None:
        same = (self.event, self.tags, self.function) == (new.event, new.tags, new.function)
        # To be disabled, it has to go before the other statements: it is made anew, after them.
        if not same or new.enabled == "D":
            return None
        return Alteration((self._enable(new.enabled),))

    def summary(self) -> str:
        return f"event trigger on {self.event}"
