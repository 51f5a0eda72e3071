"""The acts, and what is said of one before the click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollouts.domain.commands.calls import Call
from rollouts.domain.commands.patches import Patch
from rollouts.domain.commands.reversal import Reversal
from rollouts.domain.configs import Configs
from rollouts.domain.earlier import Difference, Versions
from rollouts.domain.observations import Canary
from rollouts.domain.policies.drafts import Draft


class Act(StrEnum):
    ROLL_BACK = "roll-back"
    SKIP_ITERATIONS = "skip-iterations"
    PROMOTE_NOW = "promote-now"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    NEW_VERSION = "new-version"
    CONFIG_VALUE = "config-value"
    EARLIER_VERSION = "earlier-version"
    GREEN_TO_ZERO = "green-to-zero"
    OPEN_GATE = "open-gate"
    CLOSE_GATE = "close-gate"
    RESTART_PODS = "restart-pods"
    EDIT_POLICY = "edit-policy"


OF_EDITORS = frozenset({Act.EDIT_POLICY})
"""Asked of policies alone, by whoever may edit them: a policy can name commands that run in pods."""
REASON_MAY_FOLLOW = frozenset({Act.ROLL_BACK})
"""Nobody has to write while users are on a bad version."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act asked for. `mark` is a word of its own: written where a value must differ from all earlier ones, so that
    a patch that was sent already is recognised. `choice` is what some acts have to be told, by its name there: which
    image, which earlier version. `application` is the name of the one that the rollout is of. `versions` are those
    that an earlier one is chosen from, `configs` what a value is chosen from; None while they are not read, and for all
    other acts. `draft` is what a policy is to be, where it is edited. `left_by` is the policy that
    has made the Canary and makes it no more, as far as is known; mostly none.
    """

    act: Act
    mark: str
    choice: Mapping[str, str] = field(default_factory=dict)
    application: str = ""
    versions: Versions | None = None
    configs: Configs | None = None
    draft: Draft | None = None
    left_by: str = ""

    def name(self, canary: Canary) -> str:
        """What people call it, for `Plan.typed`: the application, or where it is of none, the rollout."""
        return self.application or canary.name


@dataclass(frozen=True, slots=True)
class Plan:
    """What the act would do now. Sentences are complete; empty ones have nothing to say.

    The patches are independent of each other and are sent side by side, unless they are `in_order`: then one is sent
    when the one before has been accepted.
    """

    act: Act
    patches: tuple[Patch, ...]
    effect: str
    """What happens, and at which of Flagger's ticks."""
    next_at: datetime | None
    """When that tick comes; None when it is not known, or nothing waits for one."""
    users: str
    """What users will notice."""
    undone_by: tuple[str, ...] = ()
    """Who may undo it."""
    warnings: tuple[str, ...] = ()
    typed: str = ""
    """What a person has to type to confirm it, since it adds risk (`Wanted.name`); empty: one click confirms."""
    reversal: Reversal | None = None
    """What must be turned off again."""
    hold: Reversal | None = None
    """Flux's annotation, which must be taken off again, too."""
    meant: Mapping[str, str] = field(default_factory=dict)
    """What the choice was seen to stand for, kept with it: the command holds for nothing else."""
    in_order: bool = False
    differences: tuple[Difference, ...] = ()
    """What of the target's pod template becomes another, where it is more than one image; or of a ConfigMap. Shown to
    who asks, and kept nowhere.
    """
    then: tuple[Patch, ...] = ()
    """Sent when all of the patches are accepted. What they are for holds without them too."""
    in_each: Mapping[int, str] = field(default_factory=dict)
    """Of a policy: what happens in single clusters, by their ids."""
    calls: tuple[Call, ...] = ()
    """What Services of the cluster are asked, after the patches."""

    @property
    def written(self) -> tuple[Patch, ...]:
        """All that is patched."""
        return (*self.patches, *self.then)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the act cannot work now, and what would be the next best one."""

    act: Act
    reason: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.reason} {self.instead}".strip()


@dataclass(frozen=True, slots=True)
class Unsaid(Refusal):
    """The act could work, and has not been told what it needs: `field` of the choice is missing or cannot be used."""

    field: str = ""


def mistyped(wanted: str, given: str) -> str:
    """The sentence for who has not typed what is wanted; empty when it was, or nothing is."""
    given = given.strip()
    if not wanted or given == wanted:
        return ""
    return f"“{given[:80]}” is not the name. Type {wanted}." if given else f"Type {wanted} to confirm."
