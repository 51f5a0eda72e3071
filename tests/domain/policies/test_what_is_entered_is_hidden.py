"""Of the texts of a form what may be secret is hidden, also where it stands in lines."""

from __future__ import annotations

import pytest

from rollouts.domain.policies.concealing import concealed
from rollouts.domain.redaction import HIDDEN

NAMES = ("hooks-0-metadata", "metrics-12-variables", "request_set", "response_add")


@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_hidden_by_its_name_and_the_others_stay(name: str) -> None:
    said = "type: cmd\ntoken: opensesame\nx-shop-key: opensesame\ncmd: hey --password=opensesame http://x/"
    shown = concealed({name: said})[name]
    assert "opensesame" not in shown
    assert shown.splitlines()[:2] == ["type: cmd", f"token: {HIDDEN}"]


@pytest.mark.parametrize("name", NAMES)
def test_lines_without_a_secret_are_left_as_they_were_typed(name: str) -> None:
    texts = {name: "type:  cmd\r\n\ntier: gold\n", "interval": "60"}
    assert concealed(texts) == texts


@pytest.mark.parametrize("name", ["match", "service_match"])
def test_what_a_secret_header_is_compared_with_is_hidden_and_the_rest_of_its_lines_stays(name: str) -> None:
    said = "authorization: exact opensesame and uri prefix /shop\nquery token: prefix opensesame\ncookie: exact side"
    assert concealed({name: said})[name].splitlines() == [
        f"authorization: exact {HIDDEN} and uri prefix /shop",
        f"query token: prefix {HIDDEN}",
        "cookie: exact side",
    ]


@pytest.mark.parametrize(
    "said", ["- headers:\n    authorization:\n      exact: opensesame", "authorization: exact opensesame\nno condition"]
)
def test_so_it_is_in_blocks_and_in_what_is_not_understood(said: str) -> None:
    assert "opensesame" not in concealed({"match": said})["match"]


def test_lines_of_a_match_without_a_secret_are_left_as_they_were_typed() -> None:
    texts = {"match": "x-group:  exact insider\r\n\r\ncookie: exact side"}
    assert concealed(texts) == texts


def test_what_are_no_lines_of_names_is_hidden_as_a_whole() -> None:
    assert concealed({"hooks-0-metadata": "opensesame"}) == {"hooks-0-metadata": HIDDEN}


def test_all_other_texts_are_hidden_by_what_they_say() -> None:
    shown = concealed(
        {"metrics_server": "http://user:opensesame@prometheus:9090", "commands-0": "hey --token=opensesame"}
    )
    assert "opensesame" not in str(shown)
