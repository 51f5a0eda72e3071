"""What an act has to be told before it can be shown what would happen: the fields that its dialog begins with. What may
be left as it is stands beside the plan instead (`adjustable`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from rollouts.domain.commands import NAMES, Act, Field, Option, Unsaid, fields
from rollouts.domain.commands.config_value import VALUE
from rollouts.models import Rollout
from rollouts.queries import kept_by
from rollouts.services.act import Preview

LENGTH = 1000
NOTHING: Mapping[str, str] = {}
AGAIN = "again"
POSTED = frozenset({Act.CONFIG_VALUE})
"""What is typed for them may be a secret by mistake: it is in no address, and so in no log or history, and it is taken
as it was typed.
"""


@dataclass(frozen=True, slots=True)
class FieldShown:
    name: str
    label: str
    options: tuple[Option, ...]
    value: str
    wrong: str
    first: bool
    """The one to begin with."""
    note: str

    @property
    def told_apart(self) -> bool:
        """By more than their names: then all are in sight."""
        return any(option.note for option in self.options)

    @property
    def of_a_program(self) -> bool:
        """Names of containers and images, unlike words for people."""
        return self.told_apart or not self.options

    @property
    def chosen(self) -> str:
        """In the words in which it was chosen."""
        option = next((one for one in self.options if one.value == self.value), None)
        if option is None:
            return self.value
        return f"{option.words} ({option.note})" if option.note else option.words


@dataclass(frozen=True, slots=True)
class Choice:
    """`open`: it is still to be made, or made again; else what was chosen is shown, with what would come of it."""

    fields: tuple[FieldShown, ...]
    open: bool
    again: str
    """The address of the dialog with the choice open."""
    address: str
    """Of the dialog, which the choice is sent to."""
    posted: bool = False
    """Else it is part of the address."""


def given(request: HttpRequest, act: Act, names: Mapping[Act, tuple[str, ...]] = NAMES) -> dict[str, str]:
    """What the act has a field for, of what the request brings."""
    source = request.POST if request.method == "POST" else request.GET
    named = names.get(act, ())
    told = {name: source[name].replace("\0", "") for name in named if name in source}
    if act in POSTED:
        if request.method != "POST":
            told.pop(VALUE, None)
        return {name: text[: LENGTH + 1] for name, text in told.items()}
    return {name: text.strip()[:LENGTH] for name, text in told.items()}


def is_only_shown(request: HttpRequest, act: Act) -> bool:
    """Whether what was posted is to be shown first: nothing is requested yet."""
    return act in POSTED and request.POST.get("go") == "show"


def asked(request: HttpRequest, one: Rollout, seen: Preview, wrong: dict[str, str]) -> Choice | None:
    """None where the act has nothing to ask."""
    asked_for = fields(seen.judged.act, kept_by.known(one), seen.wanted.versions, seen.wanted.configs)
    missed = seen.judged if isinstance(seen.judged, Unsaid) else None
    address = reverse("act", args=[one.pk, seen.judged.act.value])
    posted = seen.judged.act in POSTED
    return choice_of(request, asked_for, seen.wanted.choice, missed, wrong, address, posted=posted)


def choice_of(
    request: HttpRequest, asked_for: Sequence[Field], choice: Mapping[str, str], missed: Unsaid | None,
    wrong: dict[str, str], address: str, of: Mapping[str, str] = NOTHING, posted: bool = False,
) -> Choice | None:  # fmt: skip
    """`missed`: what was not told yet, or cannot be used. `of`: what the address names beside the choice. None where
    nothing is asked for.
    """
    if not asked_for:
        return None
    opened_again = posted and request.method != "POST"
    if missed is not None and choice and not opened_again:
        wrong = {missed.field: str(missed)}
    begin = next((field.name for field in asked_for if field.name in wrong), asked_for[0].name)
    shown = tuple(
        FieldShown(
            field.name, field.label, field.options, choice.get(field.name, field.value), wrong.get(field.name, ""),
            field.name == begin, field.note,
        )
        for field in asked_for
    )  # fmt: skip
    again = urlencode({**of, **{field.name: field.value for field in shown if not posted or field.options}, AGAIN: "1"})
    is_open = missed is not None or (request.method != "POST" and AGAIN in request.GET)
    return Choice(shown, is_open, f"{address}?{again}", address, posted)
