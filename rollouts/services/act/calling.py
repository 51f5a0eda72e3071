"""Asks Services of the cluster what a plan wants asked of them, and at once whether it holds."""

from __future__ import annotations

from rollouts.domain.commands import GOOD, Call, Plan
from rollouts.domain.metrics import Reply
from rollouts.models import CommandState
from rollouts.services.act.going import Pass, Stop


def call(going: Pass, plan: Plan) -> str:
    """The sentence of what was answered; empty where nothing is asked. Raises Stop where the answer is not as wanted,
    and ClusterError.
    """
    return " ".join(_called(going, one) for one in plan.calls)


def _called(going: Pass, one: Call) -> str:
    service = f"{one.service.namespace}/{one.service.name}"
    reply = going.connection.post(one.service, one.path, one.body)
    if reply.status not in GOOD:
        sentence = f"Service {service} answered {reply.status} to {one.path}, which is not what a load tester answers."
        raise Stop(CommandState.REFUSED, sentence)
    answers = _keep(going, one, reply)
    checked = going.connection.post(one.service, one.check, one.body)
    answers[one.check] = checked.status
    if (checked.status in GOOD) != one.yes:
        raise Stop(CommandState.FAILED, _otherwise(service, one, checked))
    return f"Asked at once, the gate says that it is {'open' if one.yes else 'closed'}."


def _keep(going: Pass, one: Call, reply: Reply) -> dict[str, int]:
    """Before anything else is asked, which may get no answer. Gives what was answered, to be added to."""
    answers = {one.path: reply.status}
    going.accepted[one.service.reference, one.path] = {
        "kind": "services", "namespace": one.service.namespace, "name": one.service.name,
        "subresource": f"proxy{one.path}", "says": one.says, "body": dict(one.body), "resource_version": "",
        "answers": answers,
    }  # fmt: skip
    return answers


def _otherwise(service: str, one: Call, checked: Reply) -> str:
    return (
        f"Service {service} took it, but asked at once, {one.check} answers {checked.status}. A load tester with more"
        " than one replica keeps gates of its own in each."
    )
