"""One thread ends what is too late, however many calls are open, and whichever of them came first."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rollouts.adapters.calls import Call, OpenCalls

LONG, SHORT = 60.0, 0.1


@contextmanager
def waiting(call: Call) -> Iterator[socket.socket]:
    """The socket of a call whose other side says nothing."""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(20)
        call.uses(here)
        yield here


@pytest.mark.parametrize("before", [[], [LONG], [LONG] * 50])
def test_a_call_is_ended_at_its_own_deadline(before: list[float]) -> None:
    calls = OpenCalls()
    others = [calls.begin(seconds) for seconds in before]
    call = calls.begin(SHORT)
    with waiting(call) as its:
        assert its.recv(1) == b""
    assert call.late
    assert not any(other.late for other in others)
    for one in (*others, call):
        calls.end(one)


def test_each_of_many_is_ended() -> None:
    calls = OpenCalls()
    open_ones = [calls.begin(SHORT * number) for number in (3, 1, 2)]
    for call in open_ones:
        with waiting(call) as its:
            assert its.recv(1) == b""
        calls.end(call)
    assert all(call.late for call in open_ones)


def test_a_call_that_has_ended_is_left_alone() -> None:
    calls = OpenCalls()
    ended, other = calls.begin(SHORT), calls.begin(2 * SHORT)
    calls.end(ended)
    with waiting(other) as its:
        assert its.recv(1) == b""
    calls.end(other)
    assert not ended.late
