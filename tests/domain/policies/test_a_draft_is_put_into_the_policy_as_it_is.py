"""What a person has made of a policy, and what others have made of it meanwhile."""

from __future__ import annotations

import copy
from typing import Any

from rollouts.domain.policies.drafts import WOULD_BE_LOST, Clash, Draft, Fitted, fitted, is_in, lacking
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.going_back import going_back
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import applied
from rollouts.domain.redaction import hide
from tests.support.policies import ABSENT, CUSTOM, GREEN, POLICY, Obj, policy
from tests.support.policies import put as put_at

ANALYSIS = "rolloutPolicy__trafficAnalysis"
HIDDEN_COMMAND = policy(**{f"{ANALYSIS}__webhooks__command": [f"hey --token=(hidden) {GREEN}"]})


def draft(base: Obj = POLICY, **texts: str) -> Draft:
    return Draft(base, {**shown(read(base)), **texts})


def put(made: Draft, current: Any) -> Fitted:
    found = fitted(made, current)
    assert isinstance(found, Fitted), found
    return found


def refused(made: Draft, current: Any) -> Clash:
    found = fitted(made, current)
    assert isinstance(found, Clash), found
    return found


def test_what_others_changed_elsewhere_stays() -> None:
    now = policy(rolloutPolicy__suspend=True, **{f"{ANALYSIS}__checkFailedTimes": 5})
    found = put(draft(interval="60"), now)
    assert [(one["op"], one["path"]) for one in found.operations] == [
        ("replace", "/rolloutPolicy/trafficAnalysis/checkIntervalSeconds")
    ]
    assert found.then["rolloutPolicy"]["suspend"] is True
    assert found.then["rolloutPolicy"]["trafficAnalysis"]["checkFailedTimes"] == 5


def test_the_same_field_changed_by_others_is_refused_with_all_three_values() -> None:
    clash = refused(draft(interval="60", failures="4"), policy(**{f"{ANALYSIS}__checkIntervalSeconds": 30}))
    (field,) = clash.fields
    assert (field.field, field.now, field.then, field.other) == ("interval", "90", "60", "30")
    assert clash.said == "Somebody else has changed the same meanwhile."


def test_the_same_change_by_others_is_no_clash() -> None:
    found = put(draft(interval="60", failures="4"), policy(**{f"{ANALYSIS}__checkIntervalSeconds": 60}))
    assert [one["path"] for one in found.operations] == ["/rolloutPolicy/trafficAnalysis/checkFailedTimes"]


def test_what_was_written_already_is_recognised() -> None:
    made = draft(interval="60", hosts="")
    written = applied(POLICY, put(made, POLICY).operations)
    assert is_in(made, written)
    assert put(made, written).operations == ()


def test_a_new_metric_is_recognised_wherever_others_have_put_theirs() -> None:
    new = {
        "name": "orders",
        "interval": "30",
        "maximum": "9",
        "source": "prometheus",
        "address": "http://p",
        "query": "up",
    }
    made = Draft(POLICY, {**draft().texts, **{f"metrics-2-{name}": said for name, said in new.items()}})
    metrics = POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"]
    other = {"name": "carts", "intervalSeconds": 30, "thresholdRange": {"max": 1}}
    whole = put(made, POLICY).then["rolloutPolicy"]["trafficAnalysis"]["metrics"][-1]
    assert is_in(made, policy(**{f"{ANALYSIS}__metrics": [*metrics, other, whole]}))
    assert not is_in(made, policy(**{f"{ANALYSIS}__metrics": [*metrics, other]}))


def test_a_metric_that_was_taken_away_and_came_back_is_lacking() -> None:
    texts = {name: said for name, said in draft().texts.items() if not name.startswith("metrics-1-")}
    made = Draft(POLICY, texts)
    assert [(one.now, one.then) for one in lacking(made, POLICY)] == [("request-duration", "")]
    assert not lacking(made, put(made, POLICY).then)


def test_what_is_hidden_is_never_written() -> None:
    found = put(draft(HIDDEN_COMMAND, interval="60"), HIDDEN_COMMAND)
    assert "(hidden)" not in str(found.operations)


def test_what_a_header_is_compared_with_is_never_written_when_it_is_hidden() -> None:
    match = [{"headers": {"authorization": {"exact": "opensesame"}}}, {"headers": {"x-group": {"exact": "insider"}}}]
    real = policy(**{"rolloutPolicy__trafficRouting__match": match})
    base = hide(real)
    assert shown(read(base))["match"] == "authorization: exact (hidden)\nx-group: exact insider"
    found = put(draft(base, interval="60"), base)
    assert applied(real, found.operations)["rolloutPolicy"]["trafficRouting"]["match"] == match
    half = draft(base, match="authorization: exact (hidden)\nx-group: exact tester")
    assert "Write the whole of it" in refused(half, base).said
    anew = draft(base, match="authorization: exact mellon")
    assert [one["value"] for one in put(anew, base).operations] == [
        [{"headers": {"authorization": {"exact": "mellon"}}}]
    ]


def test_a_secret_that_was_entered_is_written_and_recognised_though_it_is_hidden_then() -> None:
    made = draft(HIDDEN_COMMAND, **{"commands-0": f"hey --token=fresh {GREEN}"})
    found = put(made, HIDDEN_COMMAND)
    assert [one["value"] for one in found.operations] == [f"hey --token=fresh {GREEN}"]
    assert not lacking(made, HIDDEN_COMMAND)
    assert not is_in(made, HIDDEN_COMMAND), "nobody can tell whether it is there"
    assert "fresh" not in repr(made)
    more = draft(HIDDEN_COMMAND, **{"commands-0": f"hey --token=fresh {GREEN}", "interval": "60"})
    assert is_in(
        more,
        policy(
            **{
                f"{ANALYSIS}__webhooks__command": [f"hey --token=(hidden) {GREEN}"],
                f"{ANALYSIS}__checkIntervalSeconds": 60,
            }
        ),
    )


def test_a_metric_that_others_took_away_does_not_come_back_with_what_is_hidden_in_it() -> None:
    metrics = POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"]
    base = policy(**{f"{ANALYSIS}__metrics": [*metrics, copy.deepcopy(CUSTOM)]})
    put_at(base, "rolloutPolicy.trafficAnalysis.metrics.2.customMetric.query", "up{token=(hidden)}")
    made = draft(base, **{"metrics-2-maximum": "9"})
    assert "(hidden)" not in str(put(made, base).operations)
    assert refused(made, POLICY).said == WOULD_BE_LOST


def test_an_earlier_metric_that_comes_back_before_the_present_ones_is_written() -> None:
    base = policy(**{f"{ANALYSIS}__metrics": POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"][1:]})
    made = Draft(base, shown(going_back(read(base), read(POLICY))))
    assert not is_in(made, base)
    assert [(one.field, one.then) for one in lacking(made, base)] == [("metrics-0-name", "request-success-rate")]
    then = put(made, base).then
    assert [one.name for one in read(then).metrics] == ["request-duration", "request-success-rate"]
    assert is_in(made, then)
    assert put(made, then).operations == ()


def test_so_is_an_earlier_command() -> None:
    both = policy(**{f"{ANALYSIS}__webhooks__command": ["hey a", f"hey {GREEN}"]})
    base = policy(**{f"{ANALYSIS}__webhooks__command": [f"hey {GREEN}"]})
    made = Draft(base, shown(going_back(read(base), read(both))))
    then = put(made, base).then
    assert [one.text for one in read(then).commands] == [f"hey {GREEN}", "hey a"]
    assert is_in(made, then)


def test_what_cannot_be_is_refused_with_the_reason() -> None:
    assert "cannot be that way" in refused(draft(interval="soon"), POLICY).said
    theirs = policy(trafficRoutingProvider="nginx", rolloutPolicy__trafficRouting__host="shop.test")
    assert refused(draft(provider="kuma"), theirs).fields


class TestWithoutAPolicy:
    def test_the_whole_of_it_is_added(self) -> None:
        made = Draft(None, {**shown(read(POLICY)), "strategy": "blue-green"})
        found = put(made, None)
        (one,) = found.operations
        assert (one["op"], one["path"]) == ("add", "")
        assert read(one["value"]) == read(POLICY)
        assert put(made, found.then).operations == ()

    def test_another_that_came_meanwhile_is_not_written_over(self) -> None:
        made = Draft(None, {**shown(read(POLICY)), "strategy": "blue-green"})
        assert refused(made, policy(port=9090)).said == "Somebody else has made such a policy meanwhile."

    def test_one_that_is_gone_is_not_made_anew(self) -> None:
        assert refused(draft(interval="60"), None).said == "There is no such policy any more."


def test_an_absent_part_is_added_as_one() -> None:
    bare = policy(**{f"{ANALYSIS}__webhooks": ABSENT})
    found = put(draft(bare, **{"commands-0": "hey x", "command_timeout": "30"}), bare)
    assert all(one["op"] == "add" for one in found.operations)
