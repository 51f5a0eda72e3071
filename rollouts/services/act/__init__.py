"""What people ask of rollouts: previewed and requested by a page, carried out by a worker, followed until it was seen.

Each stage is a conditional update of the command's row, so that no redelivery, second worker or crash loses or doubles
anything: what was interrupted is judged again on the cluster as it is then, where a patch that was made is recognised.
"""

from __future__ import annotations

from rollouts.services.act.asking import Changed, NotPossible, Preview, Unconfirmed, cancel, preview, request, want
from rollouts.services.act.carrying import carry_out
from rollouts.services.act.settling import settle
from rollouts.services.act.trail import on_behalf, to_trail

__all__ = [
    "Changed",
    "NotPossible",
    "Preview",
    "Unconfirmed",
    "cancel",
    "carry_out",
    "on_behalf",
    "preview",
    "request",
    "settle",
    "to_trail",
    "want",
]
