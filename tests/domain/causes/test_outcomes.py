from __future__ import annotations

from rollouts.domain.causes import Failure, Surroundings, Tone
from rollouts.domain.observations import Phase
from tests.domain.causes.situations import first, kinds, of, running
from tests.domain.history import NEW, OLD, History
from tests.support import seen


def failed() -> History:
    history = running(1).fail()
    history.green(NEW, wanted=0, ready=0)
    return history


def test_a_failure_carries_the_reason_of_its_last_check() -> None:
    found = first(of(failed(), failure=Failure("success rate 65.62% < 99%", seen.at(40))))
    assert (found.kind, found.tone) == ("release-failed", Tone.BAD)
    assert found.sentence == (
        "The last release failed. request-success-rate on green was 65.62%, below its limit of 99.00%."
    )


def test_a_failure_for_another_reason_has_flaggers_words() -> None:
    found = first(of(failed(), failure=Failure('deployment "checkout" exceeded its progress deadline')))
    assert found.sentence == 'The last release failed: deployment "checkout" exceeded its progress deadline.'


def test_a_failure_without_a_known_reason_says_so() -> None:
    assert first(of(failed())).sentence == "The last release failed. Why is not known."


def test_a_failed_promotion_warns_of_what_must_not_be_done() -> None:
    history = running(4)
    history.route(100)
    history.wait().write(Phase.PROMOTING)
    history.wait().write(Phase.FAILED, weight=100)
    found = of(history)
    assert kinds(found)[0] == "promotion-failed"
    assert "Do not put a new version on the target" in found[0].usually_helps
    assert "release-failed" not in kinds(found)


def test_a_revision_that_failed_wrote_down_and_did_not_begin_is_lost() -> None:
    history = failed()
    history.wait(60).write(last_applied="ccc")
    assert "revision-lost" not in kinds(of(history, 5)), "the tick that notices a version writes it down first"
    assert kinds(of(history, 30)) == ["revision-lost", "release-failed"]


def test_the_version_of_before_put_back_after_a_failure_is_not_lost() -> None:
    history = failed()
    history.wait(60).write(last_applied="aaa")
    assert kinds(of(history, 30)) == ["release-failed"]


def test_a_run_that_nothing_triggered_is_told_with_flaggers_version() -> None:
    history = History().idle(Phase.SUCCEEDED).start()
    history.blue(OLD)
    history.green(OLD)
    found = first(of(history, cluster=Surroundings("eu", flagger_version="1.44.0")))
    assert found.kind == "spurious-run"
    assert [one.said for one in found.evidence] == ["nothing that changed", "1.44.0"]


def test_a_changed_blue_is_a_drift_and_a_changed_target_a_version_not_noticed_yet() -> None:
    history = running(0)
    history.run("ccc")
    history.blue(NEW)
    history.green(NEW, wanted=0, ready=0)
    assert of(history) == ()
    history.blue(OLD)
    assert kinds(of(history)) == ["drift"]
    assert "users are on that" in first(of(history)).sentence
    history.blue(NEW)
    history.green("podinfo:9", wanted=0, ready=0)
    assert kinds(of(history)) == ["version-unnoticed"]


def test_sides_that_differed_at_first_sight_are_one_or_the_other() -> None:
    history = History().idle(Phase.SUCCEEDED, green=NEW, blue=OLD)
    found = first(of(history))
    assert found.kind == "drift"
    assert "either the target has a version" in found.sentence


def test_the_sides_of_a_version_that_was_not_read_since_the_promotion_are_not_compared() -> None:
    history = History().idle(Phase.SUCCEEDED, green=NEW, blue=OLD)
    assert of(history, workloads_at=seen.at(-1)) == ()
