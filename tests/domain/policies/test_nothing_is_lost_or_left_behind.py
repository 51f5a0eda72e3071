"""What a change leaves of a policy: no part that Flagger or Kurator cannot do with, and all that others have made."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.editing import edited, rebased
from rollouts.domain.policies.entering import entered, numbered, shown
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import applied, write
from tests.support.policies import ANALYSIS, CUSTOM, POLICY, ROUTING, policy


def made(rollout: dict[str, Any], texts: dict[str, str]) -> Any:
    before = read(rollout)
    after, wrong = entered(before, numbered(shown(before) | texts))
    assert wrong == {}
    return applied(rollout, write(rollout, before, after))


@pytest.mark.parametrize(
    ("given", "emptied", "part"),
    [
        ({f"{ANALYSIS}.sessionAffinity": {"cookieName": "side"}}, {"cookie": ""}, "sessionAffinity"),
        ({f"{ROUTING}.retries": {"attempts": 3}}, {"retries": ""}, "retries"),
        ({f"{ROUTING}.canaryStrategy": {"stepWeight": 5}}, {"step": ""}, "canaryStrategy"),
    ],
)
def test_a_part_goes_with_its_last_field(given: dict[str, Any], emptied: dict[str, str], part: str) -> None:
    """An empty one means something else, or is refused (flagger.md 2)."""
    rollout = policy(**given)
    assert f"'{part}'" in str(rollout)
    assert f"'{part}'" not in str(made(rollout, emptied))


def test_a_part_that_has_more_stays() -> None:
    rollout = policy(**{f"{ROUTING}.retries": {"attempts": 3, "later": 1}})
    assert made(rollout, {"retries": ""})["rolloutPolicy"]["trafficRouting"]["retries"] == {"later": 1}


def test_a_custom_metric_that_becomes_a_built_in_one_asks_nothing_of_its_own() -> None:
    secret = {"secretRef": {"name": "token"}}
    custom = {**CUSTOM, "customMetric": {"provider": {"type": "prometheus", **secret}, "query": "up"}}
    rollout = policy(**{f"{ANALYSIS}.metrics": [custom]})
    texts = {f"metrics-0-{one}": "" for one in ("source", "address", "region", "secret", "unverified", "query")}
    [metric] = made(rollout, {**texts, "metrics-0-name": "request-duration"})["rolloutPolicy"]["trafficAnalysis"][
        "metrics"
    ]
    assert "customMetric" not in metric
    [metric] = made(rollout, {"metrics-0-secret": ""})["rolloutPolicy"]["trafficAnalysis"]["metrics"]
    assert metric["customMetric"]["provider"] == {"type": "prometheus"}


def test_what_others_have_made_of_the_metrics_and_commands_meanwhile_stays() -> None:
    analysis = POLICY["rolloutPolicy"]["trafficAnalysis"]
    metrics, commands = analysis["metrics"], analysis["webhooks"]["command"]
    theirs = policy(
        **{
            f"{ANALYSIS}.metrics": [metrics[0], {**metrics[1], "intervalSeconds": 17}, {**CUSTOM, "name": "orders"}],
            f"{ANALYSIS}.webhooks.command": ["hey theirs", *commands],
        }
    )
    edit = edited(POLICY, shown(read(POLICY)) | {"metrics-1-maximum": "400", "commands-0": "hey mine"})
    current = read(theirs)
    found = applied(theirs, write(theirs, current, rebased(edit, current)))["rolloutPolicy"]["trafficAnalysis"]
    assert [one["name"] for one in found["metrics"]] == [metrics[0]["name"], metrics[1]["name"], "orders"]
    assert found["metrics"][1]["intervalSeconds"] == 17
    assert found["metrics"][1]["thresholdRange"]["max"] == 400
    assert found["webhooks"]["command"] == ["hey theirs", "hey mine"]


def test_what_i_took_away_is_gone_and_what_they_took_away_comes_back_only_where_i_changed_it() -> None:
    metrics = POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"]
    without = policy(**{f"{ANALYSIS}.metrics": metrics[:1]})
    current = read(without)
    unchanged = edited(POLICY, shown(read(POLICY)) | {"interval": "60"})
    assert rebased(unchanged, current).metrics == current.metrics
    changed = edited(POLICY, shown(read(POLICY)) | {"metrics-1-maximum": "400"})
    assert [one.maximum for one in rebased(changed, current).metrics][-1] == 400
    kept = {name: said for name, said in shown(read(POLICY)).items() if not name.startswith("metrics-0")}
    taken = rebased(edited(POLICY, numbered(kept)), read(policy(**{f"{ANALYSIS}.checkFailedTimes": 5})))
    assert [one.name for one in taken.metrics] == [metrics[1]["name"]]


def test_a_policy_with_many_commands_keeps_them_all() -> None:
    rollout = policy(**{f"{ANALYSIS}.webhooks.command": [f"hey {number}" for number in range(60)]})
    assert made(rollout, {}) == rollout
