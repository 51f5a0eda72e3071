"""What a person has entered of a new Application, judged field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollouts import access
from rollouts.domain.errors import InvalidInput
from rollouts.domain.policies.findings import Finding
from rollouts.domain.whole.making import NAMES, NewApplication, entered, shown
from rollouts.domain.whole.rules import NONE_SELECTED, findings
from rollouts.models import Cluster
from rollouts.queries.whole import FleetChoice, rows_of, selected

NOT_ALL = "You may not edit all policies of each cluster that it would reach. {}"
NONE_OR_NOT_ALL = "These labels choose no cluster of this Fleet, or one of which you may not edit all policies. {}"
TAKEN = "There is an Application of this name in the namespace of this Fleet already."
NO_FLEET = "Choose one of these Fleets."


@dataclass(frozen=True, slots=True)
class Judged:
    """`reached`: the ids of the clusters that it would be brought to. `fleet` is None only where something is wrong."""

    application: NewApplication
    fleet: FleetChoice | None
    reached: tuple[int, ...]
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.wrong)


def judge(person: access.Person, application: NewApplication, fleets: Sequence[FleetChoice]) -> Judged:
    """`fleets`: those that the person may choose from."""
    fleet = next((one for one in fleets if one.value == application.fleet), None)
    reached = _selected(fleet, application.labels()) if fleet is not None else []
    found = _findings(person, application, fleet, reached)
    return Judged(application, fleet, tuple(one.pk for one in reached), tuple(found))


def entered_by_name(texts: Mapping[str, str], fleets: Sequence[FleetChoice]) -> NewApplication:
    """As a form that is filled in: what is not named is as the form has it at first. Raises InvalidInput."""
    if unknown := sorted(set(texts) - set(NAMES)):
        raise InvalidInput(f"There is no field {unknown[0][:60]!r}. Known are {', '.join(NAMES)}.")
    return entered({**shown(first_entered(fleets)), **texts})


def first_entered(fleets: Sequence[FleetChoice]) -> NewApplication:
    return NewApplication(fleet=fleets[0].value if len(fleets) == 1 else "")


def said_of(one: Finding, fleets: Sequence[FleetChoice]) -> str:
    """For who has no form with the choices in it."""
    return f"{one.said} They are {', '.join(each.value for each in fleets)}." if one.said == NO_FLEET else one.said


def _findings(
    person: access.Person, application: NewApplication, fleet: FleetChoice | None, reached: Sequence[Cluster]
) -> list[Finding]:
    may = bool(reached) and access.may_edit_whole_clusters(person, [one.pk for one in reached])
    named = [(one.hub_kind.removesuffix("s"), one.hub_name) for one in reached if may]
    found = list(findings(application, named))
    if fleet is None:
        others = [one for one in found if one.field not in ("fleet", "selector")]
        return [Finding("fleet", NO_FLEET), *others]
    if not may:
        why = _why_not(person, fleet, reached)
        found = [Finding(one.field, why) if one.said == NONE_SELECTED else one for one in found]
    if rows_of(fleet.hub.pk, fleet.namespace, application.name):
        found.append(Finding("name", TAKEN))
    return found


def _selected(fleet: FleetChoice, labels: Mapping[str, str]) -> list[Cluster]:
    return selected(fleet.hub.pk, fleet.namespace, fleet.name, labels)


def _why_not(person: access.Person, fleet: FleetChoice, reached: Sequence[Cluster]) -> str:
    """Who does not see all clusters is not told whether there are others, and with which labels."""
    if not all(access.sees_whole_cluster(person, one.pk) for one in reached or _selected(fleet, {})):
        return NONE_OR_NOT_ALL.format(access.whom_to_ask())
    return NOT_ALL.format(access.whom_to_ask()) if reached else NONE_SELECTED
