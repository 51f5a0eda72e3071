from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollouts.models import FailedSignIn
from rollouts.services import sign_ins
from rollouts.services.sign_ins import BY_ADDRESS, BY_BROWSER, BY_NAME, BY_NAME_AND_ADDRESS, WINDOW, TooMany

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HERE, THERE = "192.0.2.1", "192.0.2.2"


def attempt(
    name: str = "ann", address: str = HERE, browser: str = "", after: timedelta = timedelta()
) -> sign_ins.Attempt:
    return sign_ins.begin(name=name, address=address, browser=browser, now=NOW + after)


def refused(name: str = "ann", address: str = HERE, browser: str = "", after: timedelta = timedelta()) -> bool:
    try:
        attempt(name, address, browser, after)
    except TooMany:
        return True
    return False


def exhaust(name: str = "ann", address: str = HERE, browser: str = "") -> None:
    while not refused(name, address, browser):
        pass


def test_a_name_has_few_attempts_from_one_address() -> None:
    for _ in range(BY_NAME_AND_ADDRESS):
        attempt()
    with pytest.raises(TooMany) as caught:
        attempt(after=timedelta(minutes=1))
    assert caught.value.again_at == NOW + WINDOW


def test_after_a_while_it_has_them_again() -> None:
    exhaust()
    assert refused(after=WINDOW - timedelta(seconds=1))
    assert not refused(after=WINDOW)


def test_refused_attempts_do_not_count() -> None:
    exhaust()
    kept = FailedSignIn.objects.count()
    assert refused()
    assert FailedSignIn.objects.count() == kept


def test_one_address_locks_nobody_out_elsewhere() -> None:
    for _ in range(10):
        exhaust("ann", HERE)
    assert not refused("ann", THERE)


def test_one_address_that_tries_many_names_is_stopped() -> None:
    for number in range(BY_ADDRESS):
        attempt(f"name-{number}")
    assert refused("another")
    assert not refused("another", THERE)


def test_many_addresses_that_try_one_name_are_stopped() -> None:
    for number in range(BY_NAME):
        attempt("ann", f"198.51.100.{number}")
    assert refused("ann", THERE)
    assert not refused("ben", THERE)


@pytest.mark.parametrize("name", ["ANN", "Ann", "\uff41nn"])
def test_a_name_written_otherwise_is_the_same_name(name: str) -> None:
    exhaust("ann")
    assert refused(name)


def test_addresses_of_one_ipv6_subscriber_are_one() -> None:
    exhaust("ann", "2001:db8:1:2::1")
    assert refused("ann", "2001:db8:1:2:ffff::9")
    assert not refused("ann", "2001:db8:1:3::1")


def test_an_ipv4_address_written_as_ipv6_is_the_same() -> None:
    exhaust("ann", HERE)
    assert refused("ann", f"::ffff:{HERE}")
    assert not refused("ann", f"::ffff:{THERE}")


def test_a_browser_that_is_known_is_counted_apart_from_all_that_others_do() -> None:
    exhaust("ann", HERE)
    for number in range(BY_NAME):
        refused("ann", f"198.51.100.{number}")
    for number in range(BY_ADDRESS):
        refused(f"name-{number}", HERE)
    assert refused("ann", HERE)
    assert not refused("ann", HERE, "mine")


def test_a_known_browser_has_a_limit_of_its_own() -> None:
    for _ in range(BY_BROWSER):
        attempt(browser="mine")
    assert refused(browser="mine")
    assert not refused(browser="another")


def test_a_success_forgets_the_failures_of_this_name_from_here() -> None:
    for _ in range(BY_NAME_AND_ADDRESS - 1):
        attempt()
    sign_ins.succeeded(attempt=attempt())
    for _ in range(BY_NAME_AND_ADDRESS):
        attempt()


def test_an_account_of_ones_own_does_not_wash_an_address_clean() -> None:
    for number in range(BY_ADDRESS - 1):
        attempt(f"name-{number}")
    sign_ins.succeeded(attempt=attempt("mallory"))
    attempt("ann")
    assert refused("ben")


def test_what_does_not_count_any_more_is_removed_and_names_are_not_stored() -> None:
    exhaust("ann")
    attempt("ben", after=WINDOW)
    assert FailedSignIn.objects.count() == 3
    assert all("ben" not in one.key and HERE not in one.key for one in FailedSignIn.objects.all())
