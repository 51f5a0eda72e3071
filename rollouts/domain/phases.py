"""Which phases belong together."""

from __future__ import annotations

from rollouts.domain.observations import Phase

ANALYSING = frozenset({Phase.PROGRESSING, Phase.WAITING_PROMOTION})
"""Green is being judged; a newer version starts the run again, and a rollback is possible."""

PROMOTING = frozenset({Phase.PROMOTING, Phase.FINALISING})
"""Blue is being overwritten with green's version; Flagger ignores failed checks and newer versions until it is done."""

RUNNING = frozenset({Phase.WAITING}) | ANALYSING | PROMOTING
"""A release is on its way."""

PROMOTED = frozenset({Phase.INITIALIZED, Phase.SUCCEEDED})
"""Idle, with blue running what was last applied."""

UNSETTLED = frozenset({Phase.UNSET, Phase.UNKNOWN, Phase.TERMINATING, Phase.TERMINATED})
"""The status alone does not tell where the users are: not set up yet, being dismantled, or a phase we do not know."""
