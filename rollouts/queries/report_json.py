"""A report as JSON. Its shape is promised: docs/reports.md says what each field means, and when `version` grows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rollouts.domain.checks import Verdict
from rollouts.domain.observations import Canary
from rollouts.domain.steps import Tick
from rollouts.domain.summaries import Spread
from rollouts.models import Command, Measurement, Transition
from rollouts.queries.measured import Line
from rollouts.queries.report import CheckReport, Report

FORMAT, VERSION = "kurator-ui release report", 1

Json = dict[str, Any]


def report_json(report: Report) -> Json:
    return {
        "format": FORMAT,
        "version": VERSION,
        **_where(report),
        **_release(report),
        "policy": _policy(report.policy) if report.policy else None,
        "steps": [_step(tick) for tick in report.line.ticks],
        "users_on_green": [
            {"side": one.side, "begin": _time(one.begin), "end": _time(one.end), "unsure": one.unsure}
            for one in report.exposures
        ],
        "transitions": [_transition(one) for one in report.written],
        "transitions_left_out": report.transitions_left_out,
        "commands": [_command(one) for one in report.commands],
        "checks": [_check(one) for one in report.checks],
        "measurements_left_out": report.measurements_left_out,
        "curves_note": report.release.curves_note,
    }


def _where(report: Report) -> Json:
    rollout, application, owner = report.rollout, report.application, report.owner
    group = (
        {"id": application.pk, "namespace": application.namespace, "name": application.name} if application else None
    )
    return {
        "id": report.release.pk,
        "number": report.release.number,
        "cluster": {"name": rollout.cluster.name, "uid": rollout.cluster.uid},
        "namespace": rollout.namespace,
        "rollout": {"id": rollout.pk, "name": rollout.name},
        "application": group,
        "owner": {"kind": owner.kind.value, "name": owner.name} if owner else None,
    }


def _release(report: Report) -> Json:
    release = report.release
    return {
        "strategy": release.strategy,
        "trigger": release.trigger,
        "outcome": release.outcome,
        "analysis": release.analysis,
        "summary": report.sentence,
        "reason": report.reason,
        "started_at": _time(release.started_at),
        "start_approximate": release.start_approximate,
        "ended_at": _time(release.ended_at),
        "seconds": report.row.seconds,
        "from_images": release.from_images,
        "to_images": release.to_images,
    }


def _command(command: Command) -> Json:
    return {
        "id": command.pk,
        "act": command.act,
        "person": command.person_name,
        "reason": command.reason,
        "state": command.state,
        "said": command.sentence,
        "requested_at": _time(command.requested_at),
        "accepted_at": _time(command.accepted_at),
        "ended_at": _time(command.ended_at),
        "patches": command.patches,
    }


def _step(tick: Tick) -> Json:
    return {
        "number": tick.number,
        "label": tick.label,
        "state": tick.state.value,
        "at": _time(tick.at),
        "estimated": tick.estimated,
    }


def _policy(canary: Canary) -> Json:
    """Hooks without their addresses, which may hold secrets."""
    return {
        "provider": canary.provider,
        "interval_seconds": canary.interval,
        "iterations": canary.iterations_wanted,
        "threshold": canary.threshold,
        "max_weight": canary.max_weight,
        "step_weights": list(canary.step_weights),
        "progress_deadline_seconds": canary.progress_deadline,
        "skip_analysis": canary.skip_analysis,
        "hooks": [{"name": hook.name, "type": hook.type or "rollout"} for hook in canary.hooks],
    }


def _transition(one: Transition) -> Json:
    return {
        "number": one.number,
        "at": _time(one.at),
        "seen_at": _time(one.seen_at),
        "phase": one.phase,
        "iterations": one.iterations,
        "failed_checks": one.failed_checks,
        "green_weight": one.weight,
        "live_side": one.live_side,
        "live_source": one.live_source,
        "suspended": one.suspended,
        "gap": one.gap,
        "why": one.why,
    }


def _check(one: CheckReport) -> Json:
    check, measured = one.measured.check, one.measured
    return {
        "name": one.name,
        "unit": measured.unit.value,
        "minimum": check.minimum if check else None,
        "maximum": check.maximum if check else None,
        "interval_seconds": check.interval if check else None,
        "verdicts": {verdict.value: one.summary.verdicts.of(verdict) for verdict in Verdict},
        "disagreeing": one.summary.verdicts.disagreeing,
        "green": {**_spread(one.summary.green), "curve": _curve(measured.green)},
        "blue": {**_spread(one.summary.blue), "curve": _curve(measured.blue)},
        "measurements": [_measurement(each) for each in measured.measurements],
        "measurements_removed": one.removed,
    }


def _spread(one: Spread) -> Json:
    return {
        "values": one.count,
        "lowest": _number(one.lowest),
        "median": _number(one.median),
        "highest": _number(one.highest),
        "worst": _number(one.worst),
    }


def _curve(line: Line) -> Json:
    times = [at for at, _ in line.points]
    return {
        "begin": _time(times[0]) if times else None,
        "step_seconds": (times[1] - times[0]).total_seconds() if len(times) > 1 else None,
        "values": _numbers(value for _, value in line.points),
        "complete": line.complete,
        "query": line.query,
        "note": line.note,
    }


def _measurement(one: Measurement) -> Json:
    return {
        "at": _time(one.at),
        "transition": one.transition,
        "green": _number(one.green),
        "blue": _number(one.blue),
        "verdict": one.verdict,
        "flagger_said": one.said,
        "flagger_agrees": one.agrees,
        "note": one.note,
    }


def _numbers(values: Iterable[float | None]) -> list[float | str | None]:
    return [_number(value) for value in values]


def _number(value: float | None) -> float | str | None:
    """JSON has no endless numbers; they are spelled as Prometheus spells them."""
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return value


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
