"""The report as JSON, in the shape that docs/reports.md promises, and as CSV that is safe to open."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.checks import Verdict
from rollouts.domain.metrics import Side
from rollouts.models import Curve, Release
from tests.support.builders import CHECKS, NOW, make_command, make_curve, make_measurement, make_release, make_rollout
from tests.support.builders import make_transition as transition
from tests.web.test_a_release_has_a_report import failed_release

pytestmark = pytest.mark.django_db
PATCH = {
    "kind": "canaries",
    "namespace": "shop",
    "name": "checkout",
    "subresource": "status",
    "says": "failedChecks to 2",
    "body": {"metadata": {"resourceVersion": "100"}, "status": {"failedChecks": 2}},
    "resource_version": "101",
}
EXAMPLE = Path(__file__).parents[2] / "docs" / "release-report.json"


def measured_release() -> Release:
    release = failed_release()
    make_curve(release, Side.GREEN, [99.9, None, 65.62], query="100 * green", complete=True)
    make_curve(release, Side.BLUE, [100, 100, 99.97], query="100 * blue", complete=True)
    at = NOW + timedelta(seconds=30)
    make_measurement(release, at, transition=2)
    failed: dict[str, Any] = {"green": 65.6249, "blue": 99.97, "verdict": "failed", "said": "65.62", "agrees": True}
    make_measurement(release, at + timedelta(seconds=30), transition=3, **failed)
    missing: dict[str, Any] = {"green": None, "blue": 210.5, "verdict": "no-values", "note": "Green had no traffic."}
    make_measurement(release, at, check_name=CHECKS[1].name, transition=2, **missing)
    make_command(
        release.rollout, release=release.number, requested_at=at, reason="wrong colour",
        sentence="The release is rolled back.", patches=[PATCH],
    )  # fmt: skip
    return release


def report(client: Client, release: Release) -> dict[str, Any]:
    response = client.get(f"/releases/{release.pk}.json")
    assert response.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(response.content)
    return found


def lines(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def nameless(report: dict[str, Any]) -> dict[str, Any]:
    """Without what another run numbers and names otherwise."""
    own: dict[str, Any] = {"id": 12, "cluster": {"name": "eu-west-1", "uid": "5f0c5f3a-0c5e-4b8e-9a43-2f5b8f6d1c11"}}
    rollout = {**report["rollout"], "id": 4}
    own["commands"] = [{**one, "id": 9} for one in report["commands"]]
    return {**report, **own, "rollout": rollout, "application": {**report["application"], "id": 2}}


def test_the_json_is_as_the_documents_promise(visitor: Client) -> None:
    found = nameless(report(visitor, measured_release()))
    assert found == json.loads(EXAMPLE.read_text()), f"now it is:\n{json.dumps(found, indent=2, ensure_ascii=False)}"


def test_every_field_of_the_json_is_explained_in_the_documents(visitor: Client) -> None:
    explained = (EXAMPLE.parent / "reports.md").read_text()
    missing = [name for name in _names(json.loads(EXAMPLE.read_text())) if f"`{name}`" not in explained]
    assert missing == []


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        verdicts = {verdict.value for verdict in Verdict}
        inside = (_names(one) for name, one in value.items() if name != "body")  # that is Kubernetes' own
        return {name for name in value if name not in verdicts}.union(*inside)
    return set().union(*(_names(one) for one in value)) if isinstance(value, list) else set()


def test_the_shape_is_the_same_for_a_release_of_which_hardly_anything_is_known(visitor: Client) -> None:
    rollout = make_rollout()
    bare = make_release(rollout, from_images=None, to_images=None, canary={}, trigger="unknown")
    found = report(visitor, bare)
    assert set(found) == set(json.loads(EXAMPLE.read_text()))
    assert (found["policy"], found["owner"], found["checks"], found["ended_at"]) == (None, None, [], None)


def test_endless_and_missing_numbers_are_valid_json(visitor: Client) -> None:
    release = failed_release()
    make_measurement(release, NOW, green=math.inf, blue=-math.inf, verdict="failed")
    check = report(visitor, release)["checks"][0]
    assert (check["measurements"][0]["green"], check["measurements"][0]["blue"]) == ("+Inf", "-Inf")
    assert (check["green"]["worst"], check["blue"]["curve"]["values"]) == ("+Inf", [])


def test_hooks_are_named_without_their_addresses(visitor: Client) -> None:
    assert "url" not in json.dumps(report(visitor, measured_release()))


def test_the_csv_has_a_line_for_each_measurement_with_its_limits(visitor: Client) -> None:
    release = measured_release()
    found = lines(visitor, f"/releases/{release.pk}.csv")
    assert [(one["check"], one["green"], one["blue"], one["verdict"]) for one in found] == [
        ("request-duration", "", "210.5", "no-values"),
        ("request-success-rate", "99.9", "99.95", "passed"),
        ("request-success-rate", "65.6249", "99.97", "failed"),
    ]
    last = found[-1]
    assert (last["at"], last["unit"], last["minimum"], last["maximum"]) == ("2026-11-23T16:01:00Z", "%", "99", "")
    assert (last["flagger_said"], last["flagger_agrees"], last["transition"]) == ("65.62", "yes", "3")


def test_the_csv_of_transitions_has_a_line_for_each(visitor: Client) -> None:
    found = lines(visitor, f"/releases/{failed_release().pk}/transitions.csv")
    assert [one["number"] for one in found] == ["1", "2", "3", "4", "5", "6"]
    assert (found[2]["why"], found[3]["live_side"], found[3]["gap"]) == ("success rate 65.62% < 99%", "green", "no")


def test_a_file_is_named_after_what_is_in_it(visitor: Client) -> None:
    release = failed_release()
    cluster = release.rollout.cluster.name
    named = visitor.get(f"/releases/{release.pk}.csv").headers["Content-Disposition"]
    assert named == f'attachment; filename="{cluster}-shop-checkout-release-3-measurements.csv"'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "\t=1"])
def test_no_text_is_taken_for_a_formula(visitor: Client, text: str) -> None:
    release = failed_release()
    make_measurement(release, NOW, note=text, said=text, green=-1.5)
    transition(release.rollout, 7, release=3, why=text)
    (measured,) = lines(visitor, f"/releases/{release.pk}.csv")
    assert (measured["note"], measured["flagger_said"], measured["green"]) == (f"'{text}", f"'{text}", "-1.5")
    assert lines(visitor, f"/releases/{release.pk}/transitions.csv")[-1]["why"] == f"'{text}"


def test_a_curve_that_is_shorter_than_a_step_has_no_step(visitor: Client) -> None:
    release = failed_release()
    make_curve(release, Side.GREEN, [99.9])
    curve = report(visitor, release)["checks"][0]["green"]["curve"]
    assert (curve["begin"], curve["step_seconds"], curve["values"]) == ("2026-11-23T16:00:00.000Z", None, [99.9])
    Curve.objects.update(step=20, values=[99.9, 99.8])
    assert report(visitor, release)["checks"][0]["green"]["curve"]["step_seconds"] == 20
