"""Another value in a ConfigMap that real Flagger tracks."""

from __future__ import annotations

from tests.cluster.laboratory import CANARIES, Member, wait_for
from tests.cluster.plain import PLAIN, SETTINGS, begin_plain, of_plain, set_size, size

COPY = f"{SETTINGS}-primary"


def ends(member: Member) -> None:
    wait_for(lambda: of_plain(member)["phase"] == "Succeeded", 150, "the release to end")


def test_while_green_runs_another_value_begins_nothing_and_is_promoted_unchecked(plain: Member) -> None:
    """Why it is refused then."""
    begin_plain(plain)
    before = plain.get(f"{CANARIES}/{PLAIN}")["status"]["iterations"]
    set_size(plain, "70")
    wait_for(lambda: of_plain(plain).get("iterations", 0) > before, 40, "the analysis to go on")
    ends(plain)
    wait_for(lambda: size(plain, COPY) == "70", 20, "blue's copy")
