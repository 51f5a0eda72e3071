"""Which gates the hooks of a Canary ask, and which of their addresses are called from here."""

from __future__ import annotations

import pytest

from rollouts.domain.addresses import Service
from rollouts.domain.gates import gates_of, is_held, out_of_reach
from rollouts.domain.observations import Hook, Phase
from tests.support.seen import canary

AT = "http://flagger-loadtester.test"


def asking(url: str, type: str = "confirm-promotion", name: str = "board") -> Hook:
    return Hook(name, type, url)


def test_the_service_of_a_gate_is_the_one_that_its_address_names() -> None:
    (gate,) = gates_of(canary(hooks=(asking(f"{AT}/gate/check"),)))
    assert gate.service == Service("test", "flagger-loadtester", "http", "80")
    assert gate.service.reference == "http:flagger-loadtester:80"
    assert (gate.family, gate.id) == ("/gate", "flagger-loadtester.test/gate")
    assert gate.asked == "by board before it is promoted"


def test_hooks_that_ask_the_same_gate_make_one() -> None:
    hooks = (asking(f"{AT}/gate/check", "confirm-rollout", "start"), asking(f"{AT}.svc.cluster.local:80/gate/check"))
    (gate,) = gates_of(canary(hooks=hooks))
    assert gate.asked == "by start before a release starts and by board before it is promoted"


def test_a_gate_for_rolling_back_and_one_of_another_port_are_others() -> None:
    hooks = (
        asking(f"{AT}/gate/check"),
        asking(f"{AT}/rollback/check", "rollback"),
        asking(f"{AT}:8080/gate/check", "confirm-traffic-increase"),
    )
    assert [gate.id for gate in gates_of(canary(hooks=hooks))] == [
        "flagger-loadtester.test/gate", "flagger-loadtester.test/rollback", "flagger-loadtester.test:8080/gate",
    ]  # fmt: skip


@pytest.mark.parametrize("type", ["", "rollout", "pre-rollout", "post-rollout", "event"])
def test_a_hook_that_asks_nobody_for_approval_has_no_gate(type: str) -> None:
    seen = canary(hooks=(asking(f"{AT}/gate/check", type),))
    assert (gates_of(seen), out_of_reach(seen)) == ((), ())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://approvals.example.com/gate/check", "no Service of the cluster"),
        ("http://169.254.169.254/gate/check", "no Service of the cluster"),
        ("http://[::1]/gate/check", "no Service of the cluster"),
        ("http://localhost/gate/check", "no Service of the cluster"),
        ("http://evil.test.example/gate/check", "no Service of the cluster"),
        (f"{AT}/", "no gate of a load tester"),
        (f"{AT}/gate/open", "no gate of a load tester"),
        (f"{AT}/gate", "no gate of a load tester"),
        (f"{AT}/x/../gate/check", "no gate of a load tester"),
        (f"{AT}/gate/check?name=other", "no gate of a load tester"),
        (f"{AT}/gate/halt", "always answers the same"),
        ("http://flagger-loadtester/gate/check", "names no namespace. Write it as http://flagger-loadtester.NAMESPACE/"),
        ("ftp://flagger-loadtester.test/gate/check", "no address that can be asked"),
        ("", "An empty address"),
    ],
)  # fmt: skip
def test_any_other_address_is_named_and_not_called(url: str, said: str) -> None:
    seen = canary(hooks=(asking(url),))
    assert gates_of(seen) == ()
    (sentence,) = out_of_reach(seen)
    assert sentence.startswith("Hook board asks ")
    assert said in sentence


def test_a_login_in_an_address_is_not_repeated() -> None:
    (sentence,) = out_of_reach(canary(hooks=(asking("http://me:secret@flagger-loadtester.test/gate/check"),)))
    assert "secret" not in sentence
    assert "no address that can be asked" in sentence


@pytest.mark.parametrize(
    ("type", "phase", "held"),
    [
        ("confirm-rollout", Phase.WAITING, True),
        ("confirm-promotion", Phase.WAITING, False),
        ("confirm-promotion", Phase.WAITING_PROMOTION, True),
        ("confirm-rollout", Phase.PROGRESSING, False),
        ("rollback", Phase.WAITING_PROMOTION, False),
    ],
)
def test_a_release_is_held_by_the_gate_that_is_asked_in_its_phase(type: str, phase: Phase, held: bool) -> None:
    assert is_held(canary(phase=phase, hooks=(asking(f"{AT}/gate/check", type),))) is held
