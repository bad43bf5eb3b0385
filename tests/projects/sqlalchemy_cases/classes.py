"""Declarative classes: mixins, abstract bases, inheritance of tables."""

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Text, func
from sqlalchemy.orm import declarative_base, declared_attr, relationship

Base = declarative_base()
metadata = Base.metadata


class Dated:
    made_at = Column(DateTime(timezone=True), server_default=func.now(), nullable=False)

    @declared_attr
    def made_by(cls):  # noqa: N805 - SQLAlchemy 2 would read the annotation
        return Column(ForeignKey("people.id", ondelete="SET NULL"))


class Thing(Base):
    __abstract__ = True
    id = Column(Integer, primary_key=True)

    @declared_attr
    def __table_args__(cls):  # noqa: N805 - likewise
        return (CheckConstraint("id > 0", name=f"ck_{cls.__tablename__}_id"),)


class Person(Thing):
    __tablename__ = "people"
    kind = Column(Text, nullable=False)
    __mapper_args__: ClassVar = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Employee(Person):
    __tablename__ = "employees"
    __table_args__ = ()
    id = Column(ForeignKey("people.id"), primary_key=True)
    desk = Column(Integer, index=True)
    __mapper_args__: ClassVar = {"polymorphic_identity": "employee"}


class Guest(Person):
    """Shares its parent's table."""

    __tablename__ = None
    __table_args__ = None
    host = Column(Text)
    __mapper_args__: ClassVar = {"polymorphic_identity": "guest"}


class Note(Dated, Thing):
    __tablename__ = "notes"
    text = Column("body", Text, key="text")
    author = relationship(Person)


Index("ix_notes_body", Note.text)
