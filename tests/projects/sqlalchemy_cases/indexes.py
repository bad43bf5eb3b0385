"""Indexes with all that PostgreSQL's dialect takes, and constraints beyond the usual."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

metadata = MetaData()

pages = Table(
    "pages",
    metadata,
    Column("site", Integer, nullable=False),
    Column("path", String(200), nullable=False),
    Column("title", Text, index=True),
    Column("state", Text, unique=True),
    Column("tags", ARRAY(Text)),
    Column("body", JSONB),
    Column("valid", TSTZRANGE, nullable=False),
    Column("Mixed Case", Text, index=True),
    PrimaryKeyConstraint("site", "path", name="pages_are_here"),
    UniqueConstraint("site", "title", name="uq_late", deferrable=True, initially="DEFERRED"),
    CheckConstraint("length(title) > 3 AND title NOT LIKE '%\\%%'", name="ck_title"),
    CheckConstraint("site > 0"),
    ExcludeConstraint(
        ("valid", "&&"),
        where=text("state <> 'draft'"),
        using="gist",
        name="ex_valid",
        deferrable=True,
        initially="IMMEDIATE",
    ),
)
Index("ix_partial", pages.c.title, unique=True, postgresql_where=pages.c.state == "it's 5% live")
Index("ix_include", pages.c.site, postgresql_include=["title", "state"])
Index("ix_tags", pages.c.tags, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
Index("ix_body", pages.c.body, postgresql_using="gin", postgresql_ops={"body": "jsonb_path_ops"})
Index("ix_prefix", pages.c.path, postgresql_ops={"path": "varchar_pattern_ops"})
Index("ix_lower", func.lower(pages.c.title), pages.c.site.desc().nullslast())
Index("ix_text", text("(body ->> 'a')"), text("site DESC"), _table=pages)
Index("ix_label", func.upper(pages.c.title).label("up"), postgresql_ops={"up": "text_pattern_ops"})
Index("ix_fill", pages.c.state, postgresql_with={"fillfactor": 50}, postgresql_using="btree")
Index("ix_online", pages.c.valid, postgresql_using="gist", postgresql_concurrently=True)
