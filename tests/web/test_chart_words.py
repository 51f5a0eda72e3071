"""How long a check was beyond its limit, whatever the distance of its points."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.charts.figure import Points, Window
from rollouts.domain.observations import Check
from rollouts.web.chart_words import summary
from tests.support.seen import START


@pytest.mark.parametrize(
    ("hours", "step", "words"),
    [(1, 15, "for 30 s in all"), (1, 600, "for 4 min in all"), (24, 360, "for 12 min in all")],
)
def test_a_value_stands_for_its_step_and_not_for_a_long_gap(hours: int, step: int, words: str) -> None:
    window = Window(START, START + timedelta(hours=hours))
    values = [99.9, 97.0, 98.0, 99.8, 99.8]
    green: Points = [(START + timedelta(seconds=number * step), value) for number, value in enumerate(values)]
    assert words in summary(Check("request-success-rate", 30, minimum=99.0), green, (), window)


def test_without_a_limit_the_lowest_value_is_told() -> None:
    window = Window(START, START + timedelta(hours=1))
    green: Points = [(START + timedelta(seconds=number), value) for number, value in enumerate([7.0, 3.0, 9.0])]
    told = summary(Check("queue", 30), green, (), window)
    assert told == "Green's queue was 3.00 at its lowest, without a limit; there is no value of blue."
