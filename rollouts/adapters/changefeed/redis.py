"""The change feed between processes: Redis' publish and subscribe on one channel.

Publishing only leaves the hints with a thread that sends them, so neither a lost Redis nor a slow name server ever
holds up an observer. Each direction keeps one connection per process and finds it again by itself. While Redis is away
the newest version of each topic waits; what the other side did not hear meanwhile is lost, and its pages poll.
"""

from __future__ import annotations

import atexit
import json
import logging
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rollouts.adapters.changefeed.pending import Pending
from rollouts.adapters.changefeed.subscribers import Receive, Subscribers
from rollouts.domain.ports import Hint

log = logging.getLogger(__name__)

CHANNEL = "kurator-ui:hints"
CALL_SECONDS = 2.0
SILENCE_SECONDS = 5.0
"""A connection silent for so long is asked with a PING, and given up when it stays silent for as long again."""
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
EXIT_SECONDS = 0.5
# `redis.exceptions` are its own; a name that cannot be resolved or a closed socket may come through as OSError.
ERRORS = (redis.RedisError, OSError)


class RedisChangeFeed:
    """Fits `rollouts.domain.ports.ChangeFeed`. Opens nothing before the first call."""

    def __init__(self, url: str, *, channel: str = CHANNEL) -> None:
        self._url = url
        self._channel = channel
        self._subscribers = Subscribers()
        self._pending = Pending()
        self._starting = threading.Lock()
        self._sender: threading.Thread | None = None
        self._listener: threading.Thread | None = None
        atexit.register(self.close)  # a command that ends right after publishing shall be heard

    def __repr__(self) -> str:
        return "RedisChangeFeed()"

    def publish(self, hints: Iterable[Hint]) -> None:
        self._pending.put(hints)
        with self._starting:
            # Not alive: never started, or this process was forked from the one that started it.
            if self._sender is None or not self._sender.is_alive():
                self._sender = self._start(self._send, "change-feed-send")

    def subscribe(self, receive: Receive) -> Callable[[], None]:
        remove = self._subscribers.add(receive)
        with self._starting:
            if self._listener is None or not self._listener.is_alive():
                self._listener = self._start(self._listen, "change-feed-listen")
        return remove

    def close(self) -> None:
        """Sends what waits if that goes at once, and ends the threads."""
        self._pending.close()
        if self._sender is not None:
            self._sender.join(EXIT_SECONDS)
        atexit.unregister(self.close)

    def _start(self, run: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._url,
            socket_connect_timeout=CALL_SECONDS,
            socket_timeout=CALL_SECONDS,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )

    def _send(self) -> None:
        client, wait = self._client(), FIRST_WAIT
        while hints := self._pending.take():
            try:
                client.publish(self._channel, json.dumps([(hint.topic, hint.version) for hint in hints]))
                wait = FIRST_WAIT
            except ERRORS as error:
                log.warning("hints could not be sent to Redis (%s)", type(error).__name__)
                if self._pending.wait_closed(wait):
                    break
                self._pending.put(hints)
                wait = min(2 * wait, LONGEST_WAIT)
        client.close()

    def _listen(self) -> None:
        wait = FIRST_WAIT
        while True:
            client = self._client()
            try:
                with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
                    pubsub.subscribe(self._channel)
                    if self._hear(pubsub):
                        wait = FIRST_WAIT
            except ERRORS as error:
                log.warning("hints cannot be heard from Redis (%s)", type(error).__name__)
            finally:
                client.close()
            if self._pending.wait_closed(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT)

    def _hear(self, pubsub: Any) -> bool:
        """Until closed, or the connection is silent for too long. Whether it was ever heard of."""
        heard, asked = monotonic(), False
        first = heard
        while not self._pending.wait_closed(0):
            message = pubsub.get_message(timeout=1.0)
            if message is not None:
                heard, asked = monotonic(), False
                self._deliver(message)
            elif monotonic() - heard > 2 * SILENCE_SECONDS:
                log.warning("Redis has fallen silent")
                break
            elif monotonic() - heard > SILENCE_SECONDS and not asked:
                pubsub.ping()
                asked = True
        return heard > first

    def _deliver(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        try:
            hints = [Hint(str(topic), int(version)) for topic, version in json.loads(message["data"])]
        except (ValueError, TypeError):
            log.warning("a message on the channel of hints could not be understood")
            return
        for hint in hints:
            self._subscribers.tell(hint)
