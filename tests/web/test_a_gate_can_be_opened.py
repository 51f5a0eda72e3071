"""The buttons and dialogs of gates: shown where there are gates, and the next best act where a release waits at one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Hook, Phase
from rollouts.models import Command, Rollout
from tests.support.builders import make_command, make_rollout
from tests.web.dialogs import HTMX, button, page, sent

pytestmark = pytest.mark.django_db

AT = "http://flagger-loadtester.test"
START = Hook("start", "confirm-rollout", f"{AT}/gate/check")
BOARD = Hook("board", "confirm-promotion", f"{AT}/gate/check")
STOP = Hook("stop", "rollback", f"{AT}/rollback/check")
GATE = "flagger-loadtester.test/gate"


@pytest.fixture
def waiting(db: None) -> Rollout:
    return make_rollout(phase=Phase.WAITING, hooks=(START,))


def test_a_release_that_waits_has_its_gate_as_the_next_best_act(operator: Client, waiting: Rollout) -> None:
    html = page(operator, f"/rollouts/{waiting.pk}/")
    assert 'class="primary"' in button(html, "open-gate")
    assert f'formaction="/rollouts/{waiting.pk}/acts/open-gate/"' in button(html, "open-gate")
    assert 'class="primary"' not in button(html, "close-gate")


def test_while_nothing_waits_it_can_be_opened_all_the_same(operator: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1, hooks=(BOARD,))
    html = button(page(operator, f"/rollouts/{rollout.pk}/"), "open-gate")
    assert "primary" not in html
    assert "aria-disabled" not in html


def test_a_rollout_without_gates_has_no_such_buttons(operator: Client) -> None:
    html = page(operator, f"/rollouts/{make_rollout(phase=Phase.SUCCEEDED).pk}/")
    assert "open-gate" not in html
    assert "close-gate" not in html


def test_a_gate_out_of_reach_is_named_on_the_button(operator: Client) -> None:
    away = Hook("board", "confirm-promotion", "https://approvals.example.com/<b>")
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION, hooks=(away,))
    html = page(operator, f"/rollouts/{rollout.pk}/")
    assert 'aria-disabled="true"' in button(html, "open-gate")
    assert "Hook board asks https://approvals.example.com/&lt;b&gt;, which is no Service of the cluster" in html


def test_the_dialog_says_what_is_asked_of_which_service_and_the_click_requests_it(
    operator: Client, waiting: Rollout, asked: list[object]
) -> None:
    address = f"/rollouts/{waiting.pk}/acts/open-gate/"
    html = page(operator, address)
    assert "Open the gate of checkout?" in html
    assert f"It opens {GATE}, asked by start before a release starts." in html
    assert "What is written: 1 call<" in html
    assert "services/proxy/gate/open test/flagger-loadtester" in html
    assert operator.post(address, sent(html), **HTMX).status_code == 204
    command = Command.objects.get()
    waiting_for = waiting.state["green"]["template"]
    assert (command.act, command.choice) == (
        "open-gate",
        {"gate": GATE, "waits": "Waiting", "approves": waiting_for},
    )
    assert asked


def test_of_several_gates_one_is_chosen_first(operator: Client) -> None:
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION, iterations=2, hooks=(STOP, BOARD))
    address = f"/rollouts/{rollout.pk}/acts/open-gate/"
    html = page(operator, address)
    assert f'<option value="{GATE}" selected>' in html
    assert 'name="digest"' not in html
    assert "before it is promoted" in page(operator, f"{address}?gate={GATE}")


def test_the_page_tells_who_opened_it_last(operator: Client, waiting: Rollout) -> None:
    assert "was neither opened nor closed from here" in page(operator, f"/rollouts/{waiting.pk}/")
    then = timezone.now() - timedelta(minutes=5)
    make_command(
        waiting, act="open-gate", state="observed", person_name="olga", choice={"gate": GATE}, requested_at=then,
        accepted_at=then, ended_at=then,
    )  # fmt: skip
    assert "was opened by olga" in page(operator, f"/rollouts/{waiting.pk}/")
