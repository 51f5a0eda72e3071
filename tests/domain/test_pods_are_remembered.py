from __future__ import annotations

from dataclasses import replace

from rollouts.domain.observations import Phase
from rollouts.domain.pods import Pod, Pods
from tests.domain.history import NEW, History
from tests.support import seen

STUCK = Pod("shop", "checkout-1", ready=False, state="waiting", reason="ImagePullBackOff")


def pods(seconds: float, *unready: Pod, name: str = "checkout") -> Pods:
    return Pods("shop", name, seen.at(seconds), number=2, unready=unready)


def not_ready() -> History:
    history = History().idle()
    history.wait().write(Phase.PROGRESSING, last_applied="bbb")
    history.see(seen.workload("checkout", NEW, ready=0))
    return history


def test_pods_that_are_read_again_at_the_same_trouble_change_nothing() -> None:
    history = not_ready()
    assert history.see(pods(1, STUCK)).visible
    assert history.state is not None and history.state.green_pods == pods(1, STUCK)
    assert not history.see(pods(11, STUCK)).visible
    assert history.see(pods(21, replace(STUCK, reason="ErrImagePull"))).visible


def test_pods_are_forgotten_once_the_side_is_ready() -> None:
    history = not_ready()
    history.see(pods(1, STUCK))
    history.see(seen.workload("checkout", NEW))
    assert history.state is not None and history.state.green_pods is None


def test_late_news_of_pods_of_a_side_that_is_ready_is_no_news() -> None:
    history = not_ready()
    history.see(seen.workload("checkout", NEW))
    assert not history.see(pods(1, STUCK)).visible


def test_each_side_has_its_own_pods_and_those_of_others_are_none_of_ours() -> None:
    history = not_ready()
    history.see(seen.workload("checkout-primary", "podinfo:1", ready=1))
    history.see(pods(1, STUCK, name="checkout-primary"))
    history.see(pods(1, STUCK, name="basket"))
    assert history.state is not None
    assert (history.state.blue_pods, history.state.green_pods) == (pods(1, STUCK, name="checkout-primary"), None)
