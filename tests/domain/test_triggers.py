"""Workloads may be read before a run begins (recordings) or only shortly after (live): both must tell the same."""

from __future__ import annotations

import pytest

from rollouts.domain.observations import Phase
from rollouts.domain.rollout import Release, Trigger
from tests.domain.history import NEW, NEWER, OLD, History


def started(history: History, image: str, template: str, *, read_before: bool, applied: str = "bbb") -> Release:
    """A run of a changed green, read before or after Flagger noticed it; Flagger's scaling is read in any case."""
    if read_before:
        history.green(image, wanted=0, template=template)
    history.start(applied)
    history.green(image, wanted=2, ready=0, template=template)
    return history.release()


early_or_late = pytest.mark.parametrize("read_before", [True, False], ids=["read before", "read after"])


@early_or_late
def test_another_image(read_before: bool) -> None:
    release = started(History().idle(), NEW, "", read_before=read_before)
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.IMAGE, (OLD,), (NEW,))


@early_or_late
def test_another_template_with_the_same_image(read_before: bool) -> None:
    release = started(History().idle(), OLD, "annotated", read_before=read_before)
    assert (release.trigger, release.to_images) == (Trigger.TEMPLATE, (OLD,))


def test_a_changed_configmap() -> None:
    history = History(tracked_configs={"configmap/settings": "1"}).idle()
    history.start("aaa", tracked_configs={"configmap/settings": "2"})
    assert history.release().trigger is Trigger.UNKNOWN
    history.green(OLD, wanted=2)
    assert history.release().trigger is Trigger.CONFIG


def test_a_run_without_any_change_after_an_upgrade_of_flagger() -> None:
    history = History().idle(Phase.SUCCEEDED)
    assert started(history, OLD, "", read_before=False, applied="hashed otherwise").trigger is Trigger.NONE


def test_nothing_read_is_unknown() -> None:
    history = History()
    history.write()
    history.start()
    release = history.release()
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.UNKNOWN, None, None)


def test_green_read_late_while_blue_is_known() -> None:
    history = History()
    history.write()
    history.start()
    history.blue(OLD)
    history.green(NEW, wanted=2)
    release = history.release()
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.IMAGE, (OLD,), (NEW,))


def test_a_look_in_the_past_is_corrected_by_the_first_look_during_the_run() -> None:
    history = History().idle()
    history.green(NEW, wanted=0)
    history.start()
    assert history.release().to_images == (NEW,)
    history.green(NEWER, wanted=2)
    assert history.release().to_images == (NEWER,)


def test_changes_in_mid_run_belong_to_the_next_release() -> None:
    history = History().idle()
    started(history, NEW, "", read_before=True)
    history.iterate(1).green(NEWER, wanted=2)
    assert history.release(1).to_images == (NEW,)
    history.wait().write(iterations=0, last_applied="ccc")
    history.green(NEWER, wanted=2, ready=1)
    release = history.release(2)
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.IMAGE, (OLD,), (NEWER,))


def test_a_retry_by_annotation_is_a_template_change() -> None:
    history = History().idle()
    started(history, NEW, "one", read_before=True)
    history.fail()
    release = started(history, NEW, "two", read_before=True, applied="ccc")
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.TEMPLATE, (OLD,), (NEW,))


def test_changed_already_when_first_seen_after_a_success_blue_tells() -> None:
    history = History().idle(Phase.SUCCEEDED, green=NEW, blue=OLD)
    assert started(history, NEW, "", read_before=False).trigger is Trigger.IMAGE


def test_changed_already_when_first_seen_after_a_failure_the_hash_tells() -> None:
    history = History().idle(Phase.FAILED, green=NEW, blue=OLD)
    assert started(history, NEW, "", read_before=False).trigger is Trigger.IMAGE


def test_the_same_again_after_a_failure_first_seen() -> None:
    history = History().idle(Phase.FAILED, green=NEW, blue=OLD)
    assert started(history, NEW, "", read_before=False, applied="aaa").trigger is Trigger.NONE


def test_what_green_becomes_while_waiting_for_approval_counts() -> None:
    history = History().idle()
    history.wait().write(Phase.WAITING)
    history.green(NEW, wanted=0)
    assert history.release().to_images == (NEW,)
    history.green(NEWER, wanted=0)
    history.start("ccc")
    history.green(NEWER, wanted=2)
    assert (history.release().trigger, history.release().to_images) == (Trigger.IMAGE, (NEWER,))


def test_blue_that_is_overwritten_before_the_status_says_so_is_not_the_old_version() -> None:
    history = History()
    history.write()
    history.start().iterate(1)
    history.write(by_hand=True, skip_analysis=True)
    history.blue(NEW)
    history.wait().write(Phase.SUCCEEDED)
    assert history.release().from_images is None


def test_after_runs_that_nobody_saw_nothing_is_compared() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.wait(600).write(listed=True, last_applied="ccc", last_promoted="ccc")
    history.blue(NEW)
    history.green(NEW, wanted=0)
    assert started(history, NEWER, "", read_before=True, applied="ddd").trigger is Trigger.IMAGE


def test_first_seen_in_mid_run_the_sides_tell() -> None:
    history = History()
    history.canary = history.written(Phase.PROGRESSING, iterations=1)
    history.see(history.canary)
    history.blue(OLD)
    history.green(NEW)
    release = history.release()
    assert (release.trigger, release.from_images, release.to_images) == (Trigger.IMAGE, (OLD,), (NEW,))


def test_first_seen_while_promoting_the_old_version_is_gone() -> None:
    history = History()
    history.canary = history.written(Phase.PROMOTING, iterations=4)
    history.see(history.canary)
    history.blue(NEW)
    history.green(NEW)
    assert (history.release().from_images, history.release().to_images) == (None, (NEW,))
