from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.domain.observations import Phase, Strategy
from rollouts.models import Cluster
from rollouts.queries.filters import FleetFilter, Part, Sort, View
from rollouts.web.fleet_address import MOST_PAGES, chips, parse, query_of
from tests.support.builders import make_application, make_cluster, make_rollout

words = st.text("abcdefgh-123", min_size=1, max_size=12)
lists = st.lists(words, max_size=3).map(lambda values: tuple(sorted(set(values))))
orders = st.one_of(
    st.just({"sort": Sort.NEED}),
    st.fixed_dictionaries(
        {"sort": st.sampled_from(Sort).filter(lambda sort: sort is not Sort.NEED), "backwards": st.booleans()}
    ),
)
filters = st.builds(
    lambda order, **fields: FleetFilter(**order, **fields),
    orders,
    text=st.lists(words, max_size=3).map(" ".join),
    clusters=lists,
    namespaces=lists,
    application=st.one_of(st.just(""), words),
    phases=lists,
    strategies=lists,
    providers=lists,
    owners=lists,
    part=st.one_of(st.none(), st.sampled_from(Part)),
    view=st.sampled_from(View),
    page=st.integers(1, MOST_PAGES),
)


@settings(deadline=None)
@given(filters)
def test_an_address_means_the_filter_it_was_made_from(chosen: FleetFilter) -> None:
    assert parse(QueryDict(query_of(chosen))) == chosen


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["q", "page", "sort", "part", "cluster", "view", "x"]), st.text(), max_size=7))
def test_no_address_is_an_error(query: dict[str, str]) -> None:
    values = QueryDict(mutable=True)
    values.update(query)
    assert parse(values).page >= 1


@settings(deadline=None)
@given(filters)
def test_each_chip_leads_to_the_filter_without_its_value(chosen: FleetFilter) -> None:
    for chip in chips(chosen):
        without = parse(QueryDict(chip.without.partition("?")[2]))
        assert len(chips(without)) == len(chips(chosen)) - 1


@pytest.fixture
def fleet() -> dict[str, Cluster]:
    clusters = {name: make_cluster(name) for name in ("eu-1", "us-1")}
    make_rollout(clusters["eu-1"], name="checkout", namespace="shop", phase=Phase.PROGRESSING)
    make_rollout(clusters["us-1"], name="checkout", namespace="shop", phase=Phase.FAILED)
    make_rollout(clusters["us-1"], name="payments", namespace="pay", provider="nginx")
    make_rollout(clusters["us-1"], name="search", namespace="find", strategy=Strategy.CANARY, policy="search-policy")
    make_rollout(clusters["us-1"], name="fresh", namespace="find", phase=Phase.UNSET)
    return clusters


EVERYTHING = {
    ("checkout", "eu-1"),
    ("checkout", "us-1"),
    ("payments", "us-1"),
    ("search", "us-1"),
    ("fresh", "us-1"),
}
CHOSEN = {
    "": EVERYTHING,
    "cluster=eu-1": {("checkout", "eu-1")},
    "cluster=eu-1&cluster=us-1": EVERYTHING,
    "namespace=pay": {("payments", "us-1")},
    "application=shop/checkout": {("checkout", "eu-1"), ("checkout", "us-1")},
    "application=ment": {("payments", "us-1")},
    "phase=Failed": {("checkout", "us-1")},
    "phase=none": {("fresh", "us-1")},
    "phase=Failed&phase=Progressing": {("checkout", "eu-1"), ("checkout", "us-1")},
    "strategy=canary": {("search", "us-1")},
    "provider=nginx": {("payments", "us-1")},
    "owner=kurator": {("search", "us-1")},
    "owner=nobody&namespace=find": {("fresh", "us-1")},
    "q=checkout": {("checkout", "eu-1"), ("checkout", "us-1")},
    "q=CHECK+us-1": {("checkout", "us-1")},
    "q=6.6.0&cluster=eu-1": {("checkout", "eu-1")},
    "q=100%25": set(),
    "cluster=gone": set(),
    "part=needs": {("checkout", "us-1")},
    "part=running": {("checkout", "eu-1")},
    "part=quiet": {("payments", "us-1"), ("search", "us-1"), ("fresh", "us-1")},
}


def shown(client: Client, query: str) -> set[tuple[str, str]]:
    """Name and cluster of every rollout on the page, cards included."""
    html = client.get(f"/?{query}").content.decode()
    found = set()
    for name in ("checkout", "payments", "search", "fresh"):
        for cluster in ("eu-1", "us-1"):
            if f'data-say="{name} in {cluster}:' in html:
                found.add((name, cluster))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("query", "expected"), CHOSEN.items(), ids=[query or "nothing" for query in CHOSEN])
def test_a_filter_shows_what_it_says(
    visitor: Client, fleet: dict[str, Cluster], query: str, expected: set[tuple[str, str]]
) -> None:
    assert shown(visitor, query) == expected


@pytest.mark.django_db
def test_both_views_keep_the_filter(visitor: Client, fleet: dict[str, Cluster]) -> None:
    html = visitor.get("/?view=applications&namespace=shop").content.decode()
    assert "payments</a>" not in html
    assert 'href="/?namespace=shop"' in html


@pytest.mark.django_db
def test_the_counters_count_what_the_filter_leaves(visitor: Client, fleet: dict[str, Cluster]) -> None:
    html = visitor.get("/?cluster=us-1").content.decode()
    for words in ("<b>4</b> in all", "<b>1</b> needs a person", "<b>0</b> running", "<b>3</b> quiet"):
        assert words in html


@pytest.mark.django_db
def test_what_was_typed_is_shown_as_text(visitor: Client, fleet: dict[str, Cluster]) -> None:
    html = visitor.get("/", {"q": "<b>x</b>", "cluster": '"><script>'}).content.decode()
    assert "<b>x</b>" not in html
    assert "<script>" not in html
    assert "Nothing matches" in html


@pytest.mark.django_db
def test_a_long_list_comes_in_pages(visitor: Client) -> None:
    cluster, application = make_cluster("eu-1"), make_application("many")
    for number in range(60):
        make_rollout(cluster, application=application, name=f"r-{number:02}", age=timedelta(minutes=number + 1))
    first, second = visitor.get("/"), visitor.get("/?page=2")
    assert "1 to 50 of 60" in first.content.decode()
    assert "51 to 60 of 60" in second.content.decode()
    assert first.content.count(b'class="row"') == 50
    assert second.content.count(b'class="row"') == 10


@pytest.mark.django_db
def test_a_page_beyond_the_last_shows_the_last(visitor: Client, fleet: dict[str, Cluster]) -> None:
    assert shown(visitor, "page=900&part=quiet") == CHOSEN["part=quiet"]


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["rollouts", "applications"])
def test_a_page_beyond_the_only_one_is_the_only_one(visitor: Client, fleet: dict[str, Cluster], view: str) -> None:
    first, beyond = visitor.get(f"/?view={view}"), visitor.get(f"/?view={view}&page=99")
    assert "Needs a person" in first.content.decode()
    assert "Needs a person" in beyond.content.decode()


@pytest.mark.django_db
def test_the_view_of_applications_says_what_is_counted(visitor: Client, fleet: dict[str, Cluster]) -> None:
    html = visitor.get("/?view=applications").content.decode()
    assert "<b>5</b> rollouts in all" in html
    assert "4 applications" in html


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["rollouts", "applications"])
def test_a_heading_leads_there_and_back(visitor: Client, view: str) -> None:
    """To its order, the opposite one, and the order of need."""
    for name in ("alpha", "omega"):
        make_rollout(make_cluster(), name=name)
    seen = []
    address = f"/?view={view}"
    for _ in range(4):
        html = visitor.get(address).content.decode()
        place = html.index(">Rollout</a></th>" if view == "rollouts" else ">Application</a></th>")
        heading = html[html.rindex("<th", 0, place) : place]
        order = heading.partition('aria-sort="')[2].partition('"')[0]
        seen.append((order, html.index(">alpha</a>") < html.index(">omega</a>")))
        address = heading.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen[1:3] == [("ascending", True), ("descending", False)]
    assert (seen[0][0], seen[3][0]) == ("", "")
