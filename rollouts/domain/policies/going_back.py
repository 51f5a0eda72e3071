"""An earlier text of a policy, as a change of the policy as it is now."""

from __future__ import annotations

from dataclasses import replace

from rollouts.domain.policies.fields import PLACED, RolloutPolicy
from rollouts.domain.redaction import HIDDEN


def going_back(current: RolloutPolicy, earlier: RolloutPolicy) -> RolloutPolicy:
    """What `earlier` said, put into `current`: metrics are known by their names, commands by their texts. A text of
    which something is hidden cannot come back: what is there now stays.
    """
    values = {name: getattr(earlier, name) for name in PLACED if HIDDEN not in str(getattr(earlier, name))}
    metrics = {one.name: one.at for one in current.metrics}
    commands = {one.text: one.at for one in current.commands}
    kept = [one for one in earlier.commands if HIDDEN not in one.text or one.text in commands]
    return replace(
        current,
        **values,
        metrics=tuple(replace(one, at=metrics.pop(one.name, None)) for one in earlier.metrics),
        commands=tuple(replace(one, at=commands.pop(one.text, None)) for one in kept),
    )
