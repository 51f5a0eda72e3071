from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.support.builders import CHECKS, NOW, make_measurement, make_release
from tests.support.builders import make_transition as transition
from tests.web.test_a_release_has_a_report import failed_release, page

pytestmark = pytest.mark.django_db


def test_what_differs_is_marked_and_what_is_equal_is_not(visitor: Client) -> None:
    earlier = failed_release()
    rollout = earlier.rollout
    later = make_release(
        rollout, 4, outcome="succeeded", analysis="completed", started_at=NOW, ended_at=NOW + timedelta(seconds=60),
        to_images=["registry.example.test/podinfo:6.7.0"],
    )  # fmt: skip
    transition(rollout, 10, release=4, at=NOW)
    make_measurement(earlier, NOW, green=65.6, verdict="failed")
    make_measurement(later, NOW, green=99.9)
    html = page(visitor, f"/releases/{later.pk}/compare/{earlier.pk}/")

    def line(label: str) -> str:
        return html.partition(f'<th scope="row">{label}')[2].partition("</tr>")[0]

    assert line("To") == (
        '<span class="visually-hidden"> (differs)</span></th><td>registry.example.test/podinfo:6.6.0</td>'
        "<td>registry.example.test/podinfo:6.7.0</td>"
    )
    assert line("From").startswith("</th>")
    assert "<td>2 min</td><td>1 min</td>" in line("Took")
    assert "<td>30 s</td><td>never</td>" in line("Users on green")
    assert "<td>65.60%</td><td>99.90%</td>" in line("Green, worst")
    assert "<td>1 failed</td><td>1 passed</td>" in line("Verdicts")
    assert html.index("Release 3</a>") < html.index("Release 4</a>")


def test_the_report_offers_the_other_releases_to_compare_with(visitor: Client) -> None:
    release = failed_release()
    others = [make_release(release.rollout, number, outcome="succeeded", ended_at=NOW) for number in (1, 2, 20)]
    html = page(visitor, f"/releases/{release.pk}/")
    offered = [f"/releases/{release.pk}/compare/{other.pk}/" in html for other in others]
    assert offered == [True, True, False]
    assert f"compare/{release.pk}/" not in html


def test_checks_of_which_the_limits_are_not_known_are_compared_all_the_same(visitor: Client) -> None:
    release = failed_release()
    other = make_release(release.rollout, 4, canary={}, ended_at=NOW, outcome="failed")
    make_measurement(other, NOW, check_name=CHECKS[0].name, green=12.0)
    html = page(visitor, f"/releases/{release.pk}/compare/{other.pk}/")
    assert "<td>at least 99%</td><td>limit not known</td>" in html
    assert "<td>–</td><td>12.00</td>" in html
