"""Workers of an embedded installation wait for work without looking for it again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection, Consumer, Exchange, Message, Queue
from kombu.transport import memory

from kurator_ui import broker

PATIENCE = 30.0


class Worker:
    """Takes from a queue of its own, as a worker of Celery does."""

    def __init__(self, connection: Connection, exchange: Exchange | None = None) -> None:
        self.connection = connection
        self.queue = Queue(f"tests-{uuid4().hex}", exchange=exchange, no_declare=False)
        self.taken: list[str] = []
        self.unfinished: list[Message] = []
        self.channel = connection.channel()
        self.consumer = Consumer(self.channel, [self.queue], callbacks=[self._take])
        self.consumer.consume()

    def _take(self, body: str, message: Message) -> None:
        self.taken.append(body)
        self.unfinished.append(message)

    def ask(self, task: str) -> None:
        with connect() as other:
            other.Producer().publish(task, routing_key=self.queue.name, declare=[self.queue])

    def waiting(self) -> threading.Thread:
        thread = threading.Thread(target=self.connection.drain_events, daemon=True)
        thread.start()
        return thread


def connect() -> Connection:
    return Connection(transport=broker.Transport)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with closing(connect()) as connection:
        yield Worker(connection)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    look = memory.Channel._get

    def counted(channel: memory.Channel, queue: str, timeout: float | None = None) -> object:
        found.append(queue)
        return look(channel, queue, timeout)

    monkeypatch.setattr(memory.Channel, "_get", counted)
    return found


def test_a_worker_that_waits_is_woken_by_a_task(worker: Worker) -> None:
    waiting = worker.waiting()
    worker.ask("first")
    waiting.join(PATIENCE)
    assert worker.taken == ["first"]


def test_a_worker_does_not_look_again_until_there_is_news(worker: Worker, looks: list[str]) -> None:
    with pytest.raises(TimeoutError):
        worker.connection.drain_events(timeout=1)
    assert looks.count(worker.queue.name) <= 2  # once before, and once after it has waited


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Something happens when the worker has looked, and just before it waits: only a wake-up makes it look again."""

    def set_up(happens: Callable[[], object]) -> None:
        wait = broker.news.wait_beyond

        def too_late(count: int, seconds: float | None) -> None:
            monkeypatch.setattr(broker.news, "wait_beyond", wait)
            happens()
            wait(count, seconds)

        monkeypatch.setattr(broker.news, "wait_beyond", too_late)

    return set_up


def test_a_task_that_comes_between_the_look_and_the_wait_is_not_missed(worker: Worker, meanwhile: Any) -> None:
    meanwhile(lambda: worker.ask("meanwhile"))
    worker.waiting().join(PATIENCE)
    assert worker.taken == ["meanwhile"]


def test_a_broadcast_wakes_whoever_waits(meanwhile: Any) -> None:
    everybody = Exchange(f"tests-{uuid4().hex}", type="fanout")
    with closing(connect()) as connection, connect() as other:
        worker = Worker(connection, everybody)
        meanwhile(lambda: other.Producer(exchange=everybody).publish("to all"))
        worker.waiting().join(PATIENCE)
        assert worker.taken == ["to all"]


@pytest.mark.parametrize("end", [Message.ack, Message.reject])
def test_a_worker_that_could_take_no_more_is_woken_by_the_end_of_a_task(
    worker: Worker, meanwhile: Any, end: Callable[[Message], object]
) -> None:
    worker.consumer.qos(prefetch_count=1)
    for task in ("first", "second"):
        worker.ask(task)
    worker.connection.drain_events()
    with pytest.raises(TimeoutError):
        worker.connection.drain_events(timeout=0.1)
    meanwhile(lambda: end(worker.unfinished[0]))
    worker.waiting().join(PATIENCE)
    assert worker.taken == ["first", "second"]
