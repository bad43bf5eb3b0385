"""Which objects the models state themselves, where .sql files stand beside them."""

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.interleaving import Script
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId


class Shares:
    """Looks at a scratch database around each turn of the models' scripts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: Catalog | None = None
        self._own: dict[ObjectId, DbObject] = {}

    @property
    def catalog(self) -> Catalog:
        """The models' own objects, each as it was after the last turn that changed it."""
        return Catalog(self._own, {})

    def watch(self, script: Script, after: bool) -> None:
        """Is told before and after each turn."""
        if not script.by_models:
            return
        found = introspect(self._connection, edges=False)
        if after and self._before is not None:
            former = self._before
            self._own |= {one.id: one for one in found if former.get(one.id) != one}
        self._before = found
