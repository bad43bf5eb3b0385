"""The project's own user, which contrib.auth's is swapped for."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    language = models.CharField(max_length=8, default="en")

    class Meta:
        db_table_comment = "People who can't be customers"


class Manager(User):
    """A table of its own that shares the user's key."""

    region = models.SlugField()


class Colleague(User):
    class Meta:
        proxy = True
