"""One of each that Django's PostgreSQL backend has a word for and that needs no extension."""

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import BrinIndex, GinIndex, HashIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Now, Upper


class Cents(models.Field):
    """A field of the project's own."""

    def db_type(self, connection):
        return "numeric(14, 2)"

    def db_check(self, connection):
        return f'"{self.column}" >= 0'


class Stamped(models.Model):
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        abstract = True


class Customer(Stamped):
    class Tier(models.IntegerChoices):
        NONE = 0
        GOLD = 1

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True, db_comment="theirs, isn't it")
    name = models.CharField(max_length=80, db_index=True)
    tier = models.SmallIntegerField(choices=Tier.choices, default=Tier.NONE)
    preferences = models.JSONField(default=dict, db_default=Value({"a": "50%"}, models.JSONField()))
    tags = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    born = models.DateField(null=True, db_column="Birth Date")
    motto = models.TextField(default="", db_collation="C")
    score = models.PositiveIntegerField(default=0)

    class Meta(Stamped.Meta):
        abstract = False
        db_table_comment = "People who've bought something"
        constraints = [
            models.CheckConstraint(condition=Q(email__contains="@"), name="customer_email_check"),
            models.CheckConstraint(condition=~Q(name__startswith="50%"), name="%(class)s_percent"),
            models.UniqueConstraint(Lower("email"), name="customer_email_lower"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(tier=1), name="customer_gold_name", include=["email"]
            ),
        ]
        indexes = [
            GinIndex(
                fields=["preferences"], name="customer_preferences", opclasses=["jsonb_path_ops"]
            ),
            GinIndex(fields=["tags"]),
            BrinIndex(fields=["created_at"], pages_per_range=16, autosummarize=True),
            HashIndex(fields=["motto"]),
            models.Index(Upper("name").desc(nulls_last=True), "tier", name="customer_upper"),
            models.Index(OpClass(Lower("name"), name="varchar_pattern_ops"), name="customer_like"),
            models.Index(
                fields=["-score", "name"],
                condition=Q(score__gt=10),
                include=["tier"],
                name="customer_score",
            ),
        ]


class Product(Stamped):
    sku = models.CharField(max_length=32, unique=True)
    title = models.TextField(unique=True)
    price = Cents()
    stock = models.IntegerField(default=0, db_default=7)
    delivery = models.DurationField(null=True)
    label = models.GeneratedField(
        expression=Upper("title"), output_field=models.TextField(), db_persist=True
    )
    photo = models.BinaryField(null=True)
    weight = models.FloatField(null=True)
    origin = models.GenericIPAddressField(null=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    related = models.ManyToManyField("self")
    fans = models.ManyToManyField(Customer, db_table="Fans of products", related_name="likes")

    class Meta(Stamped.Meta):
        abstract = False
        db_table = "products"
        indexes = [models.Index(fields=["stock"])]


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.PROTECT)
    seller = models.ForeignKey("staff.Manager", models.SET_NULL, null=True, db_constraint=False)
    lines = models.ManyToManyField(Product, through="Line")
    placed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "Orders"
        ordering = ["-placed_at"]


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    product = models.ForeignKey(Product, models.RESTRICT, db_column="item", to_field="sku")
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        unique_together = [("order", "product")]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "quantity"],
                name="line_later",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(quantity__lt=F("order_id") * 0 + 1000),
                name="line_quantity",
            ),
        ]


class Offer(models.Model):
    valid = DateTimeRangeField()
    note = models.CharField(max_length=20, null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="offer_valid", expressions=[("valid", RangeOperators.OVERLAPS)]
            )
        ]


class Remark(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey()
    text = models.TextField()


class Legacy(models.Model):
    """Somebody else's table."""

    class Meta:
        managed = False
        db_table = "legacy"
