"""What Django has had words for since 3.2."""

from django.contrib.auth.models import User
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    CITextField,
    DateRangeField,
    HStoreField,
    RangeOperators,
)
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q


class Member(models.Model):
    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    nick = models.SlugField(unique=True)
    email = CITextField(db_index=True)
    extra = HStoreField(default=dict)
    points = models.PositiveIntegerField(default=0)
    path = ArrayField(models.IntegerField(), size=3, null=True)
    friends = models.ManyToManyField("self", symmetrical=False)

    class Meta:
        index_together = [("email", "points")]
        indexes = [
            GinIndex(fields=["nick"], name="member_nick", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["-points"], name="member_points", condition=~Q(nick="50%")),
        ]
        constraints = [
            models.CheckConstraint(check=~Q(nick__contains="50%"), name="member_percent"),
            models.UniqueConstraint(fields=["email", "points"], name="member_email"),
        ]


class Stay(models.Model):
    member = models.ForeignKey(Member, models.CASCADE, to_field="nick")
    room = models.IntegerField()
    days = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="stay_alone",
                expressions=[("room", RangeOperators.EQUAL), ("days", RangeOperators.OVERLAPS)],
            )
        ]
