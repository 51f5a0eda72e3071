"""What a person may ask of a rollout: whether it can work now, what exactly it would do, and whether it did.

All of it is data: the dialog shows it, the worker carries it out, the API tells it. `judge` is asked before the click,
at the click, and again on what is read from the cluster when the command runs.
"""

from __future__ import annotations

from rollouts.domain.commands.act import OF_EDITORS, REASON_MAY_FOLLOW, Act, Plan, Refusal, Unsaid, Wanted, mistyped
from rollouts.domain.commands.adjusting import adjustable, adjusted, tellable, told_words
from rollouts.domain.commands.binding import Binding, bind, still_bound
from rollouts.domain.commands.calls import GOOD, Call
from rollouts.domain.commands.canary_editing import edit_canary
from rollouts.domain.commands.choosing import GATES, NAMES, Field, Option, fields
from rollouts.domain.commands.choosing_for_several import NAMES_IN_SEVERAL, chosen_version, fields_in, for_each
from rollouts.domain.commands.config_value import has_configs
from rollouts.domain.commands.following import (
    Followed,
    as_promotion,
    awaited,
    follow,
    is_done,
    skips_analysis,
    waited_for,
)
from rollouts.domain.commands.gating import has_gates
from rollouts.domain.commands.governed import Governed, Member
from rollouts.domain.commands.judging import judge
from rollouts.domain.commands.kept import KEPT, said_from_outside
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.commands.policies import (
    ALL_POLICY_ACTS,
    BESIDE_THE_ROLLOUT,
    IN_PARTS,
    OF_ROLLOUTS_TOO,
    POLICY_ACTS,
    judge_policy,
)
from rollouts.domain.commands.reversal import Reversal
from rollouts.domain.commands.several import (
    AT_ONCE,
    OFFERED,
    OFFERED_OF_PLAIN,
    to_type,
    unsaid,
    works_in,
)
from rollouts.domain.commands.switches import Switch

__all__ = [
    "ALL_POLICY_ACTS",
    "AT_ONCE",
    "BESIDE_THE_ROLLOUT",
    "GATES",
    "GOOD",
    "IN_PARTS",
    "KEPT",
    "NAMES",
    "NAMES_IN_SEVERAL",
    "OFFERED",
    "OFFERED_OF_PLAIN",
    "OF_EDITORS",
    "OF_ROLLOUTS_TOO",
    "POLICY_ACTS",
    "REASON_MAY_FOLLOW",
    "Act",
    "Binding",
    "Call",
    "Field",
    "Followed",
    "Form",
    "Governed",
    "Member",
    "Option",
    "Patch",
    "Plan",
    "Refusal",
    "Reversal",
    "Switch",
    "Unsaid",
    "Wanted",
    "adjustable",
    "adjusted",
    "as_promotion",
    "awaited",
    "bind",
    "chosen_version",
    "edit_canary",
    "fields",
    "fields_in",
    "follow",
    "for_each",
    "has_configs",
    "has_gates",
    "is_done",
    "judge",
    "judge_policy",
    "mistyped",
    "said_from_outside",
    "skips_analysis",
    "still_bound",
    "tellable",
    "to_type",
    "told_words",
    "unsaid",
    "waited_for",
    "works_in",
]
