"""An index that is the beginning of another one costs every write, and finds nothing that the other does not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

MODELS = list(apps.get_app_config("rollouts").get_models())
PARTIAL = {index.name for model in MODELS for index in (*model._meta.indexes, *model._meta.constraints)
           if getattr(index, "condition", None) is not None}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_index_is_the_beginning_of_another(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    # PostgreSQL's for texts that begin with something (`_like`) are ordered differently.
    alike = {name for name in found if name.endswith("_like")}
    kept = found.keys() - PARTIAL - alike
    whole = {name: found[name] for name in kept if found[name]["index"] or found[name]["unique"]}
    for name, one in whole.items():
        longer = [
            other
            for other, its in whole.items()
            if other != name and its["columns"][: len(one["columns"])] == one["columns"]
        ]
        assert one["unique"] or not longer, f"{name} is the beginning of {longer}"


def test_every_foreign_key_has_an_index_that_begins_with_it() -> None:
    """Deleting a row looks for all that point to it."""
    for model in MODELS:
        begins = {index.fields[0].removeprefix("-") for index in model._meta.indexes if index.condition is None}
        begins |= {
            one.fields[0]
            for one in model._meta.constraints
            if isinstance(one, models.UniqueConstraint) and one.condition is None and one.fields
        }
        keys = [field for field in model._meta.local_fields if isinstance(field, models.ForeignKey)]
        indexed = {key.name for key in keys if vars(key)["db_index"]}
        for key in keys:
            assert key.name in indexed | begins, f"{model.__name__}.{key.name}"
