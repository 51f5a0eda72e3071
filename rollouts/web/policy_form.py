"""The form of a policy: its fields in groups, with what is said of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rollouts.domain import permissions
from rollouts.domain.observations import Strategy
from rollouts.domain.policies.editing import STRATEGY, Edit
from rollouts.domain.policies.entering import ON, Texts, rows, shown
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.layouts import KURATOR
from rollouts.domain.policies.strategies import belongs
from rollouts.web.policy_help import HELP, UNITS
from rollouts.web.policy_labels import (
    CHOICES,
    FOLDED,
    GROUPS,
    LABELS,
    OF_HOOK,
    OF_METRIC,
    PLAIN_CHOICES,
    PLAIN_GROUPS,
    STRATEGIES,
    label_of,
)

AREAS = {
    *("gateways", "hosts", "match", "query", "origins", "variables", "hook-metadata"),
    *("request_set", "request_add", "request_remove", "response_set", "response_add", "response_remove"),
    *("apex_labels", "apex_annotations", "blue_labels", "blue_annotations", "green_labels", "green_annotations"),
    *("unmanaged_labels", "unmanaged_annotations", "scaler_queries", "gateway_refs", "service_match", "copies"),
    *("traffic_policy", "backends"),
}
FLAGS = {
    *("test_loader", "skips", "suspended", "reverts", "unverified", "cors_credentials", "port_discovery", "mirrors"),
    *("hook-quiet", "hook-unverified", "headless", "delegates"),
    *("cookie_http_only", "cookie_secure", "cookie_partitioned"),
}
FIELDS_UNREAD = (
    "Which fields the Kurator of this hub knows could not be read, so all are shown. One that it does not know is"
    " dropped by the hub without a word. The account needs: {}."
).format(", ".join(map(permissions.in_words, permissions.of_definitions())))
PLAIN_FIELDS_UNREAD = (
    "Which fields the Flagger of this cluster knows is not known here, so all are shown. The cluster refuses one that"
    " it does not know before anything is written."
)
CHANGES_THE_FORM = {STRATEGY, "provider"}


@dataclass(frozen=True, slots=True)
class Said:
    wrong: bool
    text: str


@dataclass(frozen=True, slots=True)
class FormField:
    """`kind` is how it is entered: `text`, `area`, `flag` or `choice`."""

    name: str
    label: str
    kind: str
    value: str
    unit: str = ""
    help: str = ""
    term: str = ""
    """Its place in the spec of a Canary."""
    options: tuple[tuple[str, str], ...] = ()
    said: tuple[Said, ...] = ()
    changes_the_form: bool = False
    found: tuple[str, ...] = ()
    """What the cluster has of it, to choose among."""

    @property
    def wrong(self) -> bool:
        return any(one.wrong for one in self.said)

    @property
    def checked(self) -> bool:
        return self.value == ON

    @property
    def rows(self) -> int:
        """Of an area: all of its lines, as far as there is room."""
        return min(max(4 if "query" in self.name else 2, len(self.value.splitlines())), 8)


@dataclass(frozen=True, slots=True)
class Row:
    """One metric, command, webhook or alert. `at` is where it was when it was read."""

    number: int
    name: str
    at: str
    fields: tuple[FormField, ...]
    custom: tuple[FormField, ...] = ()
    opened: bool = False
    """Whether what is asked for a metric of one's own is shown."""

    @property
    def key(self) -> str:
        return f"metrics-{self.number}"


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    fields: tuple[FormField, ...]
    metrics: tuple[Row, ...] | None = None
    commands: tuple[Row, ...] | None = None
    hooks: tuple[Row, ...] | None = None
    alerts: tuple[Row, ...] | None = None
    said_of_metrics: tuple[Said, ...] = ()
    later: tuple[FormField, ...] = field(default=())
    """Those that come after the rows."""
    folded: str = ""
    """What few policies have is folded up under these words."""

    @property
    def opened(self) -> bool:
        return any(one.value or one.wrong for one in self.fields)


def groups(texts: Texts, edit: Edit, known: Known, provider: str = "") -> tuple[Group, ...]:
    """`texts` are what the fields have in them; `edit` what was made of it; of what is not `known` to the hub, or
    to the cluster of a Canary, nothing is asked. `provider` is the cluster's, for a policy that says none.
    """
    said = said_of(edit)
    provider = edit.after.provider or provider
    made = []
    for title, names in (GROUPS if edit.layout is KURATOR else PLAIN_GROUPS).items():
        wrong = {one.field for one in edit.wrong}  # also where it would have no place otherwise
        shown = [
            one
            for one in names
            if one == STRATEGY or one in wrong or (belongs(one, edit.strategy, provider) and known.has(one))
        ]
        fields = {name: _field(name, name, texts, said, edit) for name in shown}
        if "interval" not in fields:
            made += [Group(title, tuple(fields.values()), folded=FOLDED.get(title, ""))] if fields else []
            continue
        first = tuple(fields.pop(name) for name in ("interval", "failures"))
        commands = _commands(texts, said, edit) if edit.layout.commands else None
        hooks = _hooks(texts, said, edit, known) if edit.layout.hooks else None
        alerts = _alerts(texts, said, edit, known) if edit.layout.alerts and known.has("alerts") else None
        metrics, later = _metrics(texts, said, edit, known), tuple(fields.values())
        made.append(Group(title, first, metrics, commands, hooks, alerts, said.get("metrics", ()), later))
    return tuple(made)


def with_found(made: Iterable[Group], found: Mapping[str, tuple[str, ...]]) -> tuple[Group, ...]:
    """By fields, what is offered in them."""
    return tuple(
        replace(one, fields=tuple(replace(each, found=found.get(each.name, ())) for each in one.fields)) for one in made
    )


def not_asked(edit: Edit, known: Known, provider: str = "") -> Iterator[tuple[str, str]]:
    """Label and text of whatever the policy says and the hub does not know."""
    for name, said in shown(edit.after).items():
        first, _, rest = name.partition("-")
        inner = rest.partition("-")[2]
        always = {"metrics": OF_METRIC, "hooks": OF_HOOK}.get(first, ())
        asked = first == "commands" or not said or inner == "at" or inner in always
        idle = not inner and not belongs(name, edit.strategy, edit.after.provider or provider)  # listed as that already
        if not asked and not idle and not known.has(f"{first}-{inner}" if inner else name):
            yield label_of(name), said


def said_of(edit: Edit) -> Mapping[str, tuple[Said, ...]]:
    found: dict[str, tuple[Said, ...]] = {}
    for one in edit.findings:
        found[one.field] = (*found.get(one.field, ()), Said(one.wrong, one.said))
    return found


def fields_unread(known: Known) -> str:
    """Why fields are shown that may not be known there; empty where none is."""
    if known.read:
        return ""
    return FIELDS_UNREAD if known.layout is KURATOR else PLAIN_FIELDS_UNREAD


def all_fields(made: Iterable[Group]) -> list[FormField]:
    """Each whose findings are shown beside it."""
    found = []
    for group in made:
        found += [*group.fields, *group.later]
        if group.metrics is not None:
            found.append(FormField("metrics", "Metrics", "text", "", said=group.said_of_metrics))
        for rows_of in (group.metrics, group.commands, group.hooks, group.alerts):
            for row in rows_of or ():
                found += [*row.fields, *row.custom]
    return found


def _metrics(texts: Texts, said: Mapping[str, tuple[Said, ...]], edit: Edit, known: Known) -> tuple[Row, ...]:
    made = []
    for number in rows(texts, "metrics"):
        prefix = f"metrics-{number}-"
        shown = [one for one in edit.layout.in_metric if one in OF_METRIC or known.has(f"metrics-{one}")]
        fields = {name: _field(prefix + name, name, texts, said, edit) for name in shown}
        first = tuple(fields.pop(name) for name in OF_METRIC)
        name, custom = texts.get(f"{prefix}name", ""), tuple(fields.values())
        opened = any(one.value or one.wrong for one in custom) or first[0].wrong
        made.append(Row(number, name or "new metric", texts.get(f"{prefix}at", ""), first, custom, opened))
    return tuple(made)


def _commands(texts: Texts, said: Mapping[str, tuple[Said, ...]], edit: Edit) -> tuple[Row, ...]:
    return tuple(
        Row(
            number, f"command {number + 1}", texts.get(f"commands-{number}-at", ""),
            (_field(f"commands-{number}", "command", texts, said, edit),),
        )
        for number in rows(texts, "commands")
    )  # fmt: skip


def _hooks(texts: Texts, said: Mapping[str, tuple[Said, ...]], edit: Edit, known: Known) -> tuple[Row, ...]:
    made = []
    for number in rows(texts, "hooks"):
        prefix = f"hooks-{number}-"
        shown = [one for one in edit.layout.in_hook if one in OF_HOOK or known.has(f"hooks-{one}")]
        fields = {name: _field(prefix + name, f"hook-{name}", texts, said, edit) for name in shown}
        first = tuple(fields.pop(name) for name in OF_HOOK)
        name, later = texts.get(f"{prefix}name", ""), tuple(fields.values())
        opened = any(one.value or one.wrong for one in later)
        made.append(Row(number, name or "new webhook", texts.get(f"{prefix}at", ""), first, later, opened))
    return tuple(made)


def _alerts(texts: Texts, said: Mapping[str, tuple[Said, ...]], edit: Edit, known: Known) -> tuple[Row, ...]:
    made = []
    for number in rows(texts, "alerts"):
        prefix = f"alerts-{number}-"
        shown = [one for one in edit.layout.in_alert if known.has(f"alerts-{one}")]
        fields = tuple(_field(prefix + one, f"alert-{one}", texts, said, edit) for one in shown)
        made.append(Row(number, texts.get(f"{prefix}name", "") or "new alert", texts.get(f"{prefix}at", ""), fields))
    return tuple(made)


def _field(name: str, of: str, texts: Texts, said: Mapping[str, tuple[Said, ...]], edit: Edit) -> FormField:
    """`of` names its label; `name` is the one it has in the form."""
    own = PLAIN_CHOICES if edit.layout is not KURATOR else CHOICES
    value, options = texts.get(name, ""), own.get(of, ())
    if of == STRATEGY:
        value = edit.strategy.value if edit.strategy else ""
        options = STRATEGIES if edit.strategy else (("", "not clear"), *STRATEGIES)
    elif options and value not in dict(options):
        options = (*options, (value, value or "not said"))
    lines = of in AREAS or of == "command" or "\n" in value or "\r" in value  # one line would run them together
    kind = "choice" if options else "flag" if of in FLAGS else "area" if lines else "text"
    label, help = LABELS[of], HELP.get(of, "")
    if of == "times" and edit.strategy is Strategy.AB_TESTING:
        help = ""
    found, term = said.get(name, ()), _term(name, edit)
    return FormField(name, label, kind, value, UNITS.get(of, ""), help, term, options, found, of in CHANGES_THE_FORM)


def _term(name: str, edit: Edit) -> str:
    """What Flagger calls it. Of an entry of a list without the list, whose title says it."""
    if edit.layout is KURATOR:
        return ""
    return edit.layout.place_of(name).rpartition("].")[2]
