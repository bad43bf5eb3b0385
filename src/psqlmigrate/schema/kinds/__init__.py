"""The registry: every kind of object that psqlmigrate knows, in the order they are read."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import LiteralString

from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds.access_method import AccessMethod
from psqlmigrate.schema.kinds.aggregate import Aggregate
from psqlmigrate.schema.kinds.base_type import BaseType
from psqlmigrate.schema.kinds.cast import Cast
from psqlmigrate.schema.kinds.collation import Collation
from psqlmigrate.schema.kinds.column import Column
from psqlmigrate.schema.kinds.column_options import ColumnOptions
from psqlmigrate.schema.kinds.comment import Comment
from psqlmigrate.schema.kinds.composite import Composite
from psqlmigrate.schema.kinds.constraint import Constraint
from psqlmigrate.schema.kinds.conversion import Conversion
from psqlmigrate.schema.kinds.default import Default
from psqlmigrate.schema.kinds.default_privilege import DefaultPrivilege
from psqlmigrate.schema.kinds.domain import Domain
from psqlmigrate.schema.kinds.enum import Enum
from psqlmigrate.schema.kinds.event_trigger import EventTrigger
from psqlmigrate.schema.kinds.extension import Extension
from psqlmigrate.schema.kinds.foreign_data_wrapper import ForeignDataWrapper
from psqlmigrate.schema.kinds.foreign_table import ForeignTable
from psqlmigrate.schema.kinds.function import Function
from psqlmigrate.schema.kinds.grant import Grant
from psqlmigrate.schema.kinds.identity import Identity
from psqlmigrate.schema.kinds.index import Index
from psqlmigrate.schema.kinds.index_partition import IndexPartition
from psqlmigrate.schema.kinds.inheritance import Inheritance
from psqlmigrate.schema.kinds.language import Language
from psqlmigrate.schema.kinds.materialized_view import MaterializedView
from psqlmigrate.schema.kinds.namespace import Schema
from psqlmigrate.schema.kinds.operator import Operator
from psqlmigrate.schema.kinds.operator_class import OperatorClass
from psqlmigrate.schema.kinds.operator_family import OperatorFamily
from psqlmigrate.schema.kinds.owner import Owner
from psqlmigrate.schema.kinds.partition import Partition
from psqlmigrate.schema.kinds.policy import Policy
from psqlmigrate.schema.kinds.publication import Publication
from psqlmigrate.schema.kinds.publication_schema import PublicationSchema
from psqlmigrate.schema.kinds.publication_table import PublicationTable
from psqlmigrate.schema.kinds.range_type import RangeType
from psqlmigrate.schema.kinds.rule import Rule
from psqlmigrate.schema.kinds.security_label import SecurityLabel
from psqlmigrate.schema.kinds.sequence import Sequence
from psqlmigrate.schema.kinds.sequence_owner import SequenceOwner
from psqlmigrate.schema.kinds.server import Server
from psqlmigrate.schema.kinds.statistics import Statistics
from psqlmigrate.schema.kinds.subscription import Subscription
from psqlmigrate.schema.kinds.table import Table
from psqlmigrate.schema.kinds.text_search_configuration import TextSearchConfiguration
from psqlmigrate.schema.kinds.text_search_dictionary import TextSearchDictionary
from psqlmigrate.schema.kinds.text_search_parser import TextSearchParser
from psqlmigrate.schema.kinds.text_search_template import TextSearchTemplate
from psqlmigrate.schema.kinds.transform import Transform
from psqlmigrate.schema.kinds.trigger import Trigger
from psqlmigrate.schema.kinds.user_mapping import UserMapping
from psqlmigrate.schema.kinds.view import View
from psqlmigrate.schema.privileges import Privileges

KINDS: tuple[type[DbObject], ...] = (
    Schema,
    Extension,
    Collation,
    BaseType,
    Enum,
    Composite,
    RangeType,
    Domain,
    Sequence,
    Function,
    TextSearchParser,
    TextSearchTemplate,
    TextSearchDictionary,
    TextSearchConfiguration,
    ForeignDataWrapper,
    Server,
    UserMapping,
    Aggregate,
    Language,
    AccessMethod,
    Operator,
    OperatorFamily,
    OperatorClass,
    Cast,
    Transform,
    Conversion,
    Table,
    ForeignTable,
    Column,
    Default,
    ColumnOptions,
    Identity,
    SequenceOwner,
    Partition,
    Inheritance,
    Constraint,
    View,
    MaterializedView,
    Index,
    IndexPartition,
    Statistics,
    Trigger,
    Rule,
    Policy,
    Publication,
    PublicationTable,
    PublicationSchema,
    Subscription,
    EventTrigger,
    Comment,
    SecurityLabel,
    Owner,
    Grant,
    DefaultPrivilege,
)

CANDIDATES: LiteralString = """
WITH named AS (
    SELECT oid FROM pg_catalog.pg_namespace
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), found (classid, oid) AS (
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, oid FROM pg_catalog.pg_collation
     WHERE collnamespace IN (SELECT oid FROM named)
    UNION ALL SELECT 'pg_catalog.pg_subscription'::pg_catalog.regclass, s.oid
      FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
     WHERE d.datname = pg_catalog.current_database()
    UNION ALL SELECT 'pg_catalog.pg_default_acl'::pg_catalog.regclass, oid
      FROM pg_catalog.pg_default_acl
)
SELECT f.classid::text, f.oid, i.type || ' ' || i.identity
  FROM found f, LATERAL pg_catalog.pg_identify_object(f.classid, f.oid, 0) i
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = f.classid AND d.objid = f.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT 'pg_seclabel', l.objoid, 'security label on ' || i.type || ' ' || i.identity
  FROM pg_catalog.pg_seclabel l,
       LATERAL pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) i
ORDER BY 3"""
"""What a database may hold beside tables; what no kind above has read is reported by name."""

BY_NAME: dict[str, type[DbObject]] = {kind.kind: kind for kind in KINDS}


def owned(
    objects: Mapping[ObjectId, DbObject], base: Mapping[ObjectId, DbObject]
) -> dict[ObjectId, DbObject]:
    """The objects, privileges knowing the owner that there will be: as stated, else as before.

    A sequence of a column belongs to the owner of its table.
    """
    found = dict(objects)
    for one in objects.values():
        if isinstance(one, SequenceOwner):
            owner = objects.get(ObjectId(Owner.kind, ("table", one.table_schema, one.table)))
            sequence = objects.get(one.owners[0])
            if isinstance(owner, Owner) and sequence:
                shared = owner.shared_with(sequence)
                found[shared.id] = shared
    for oid, one in found.items():
        if not isinstance(one, Grant):
            continue
        owned_by, before = ObjectId(Owner.kind, oid.path), base.get(oid)
        owner = found.get(owned_by) or base.get(owned_by)
        role = before.owner if isinstance(before, Grant) else one.owner
        if isinstance(owner, Owner):
            role = owner.role if owned_by in found else ""
        if role != one.owner:
            found[oid] = replace(one, owner=role)
    return found


def given(
    standing: Iterable[DbObject], one: DbObject, new: Mapping[ObjectId, DbObject]
) -> DbObject | None:
    """The privileges that PostgreSQL gives a new object by the default privileges that stand.

    What `new` has as its owner then holds those of that role as an owner's.
    """
    found = Privileges()
    givers = (it for it in standing if isinstance(it, DefaultPrivilege) and it.reaches(one))
    for giver in sorted(givers, key=lambda it: it.schema):  # those of all schemas come first
        found = giver.added_to(found)
    owner = new.get(ObjectId(Owner.kind, (one.id.kind, *one.id.path)))
    if isinstance(owner, Owner):
        found = found.without_grantee(owner.role)
    return Grant.on(one, found)
