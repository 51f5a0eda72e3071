"""The program's API, as a person's own program uses it."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

from tests.cluster.laboratory import wait_for
from tests.cluster.program import Program

PASSWORD = "a-password-of-the-laboratory"
MAKE = """
from django.contrib.auth.models import User
from django.utils import timezone
from rollouts.models import Grant
from rollouts.services import tokens
person, made = User.objects.get_or_create(username="{name}")
if made:
    person.set_password("{password}")
    person.save()
    Grant.objects.create(person=person, covers="everything", role="{role}")
count = person.tokens.count()
print(tokens.make(person=person, name=f"tests {{count}}", scope="operate", days=1, now=timezone.now()).secret)
"""
OPEN = ("waiting", "requested", "accepted")


@dataclass(frozen=True)
class Api:
    address: str
    token: str

    @classmethod
    def of(cls, program: Program, name: str, role: str) -> Api:
        """Of a person who is made where there is none yet; signs in with `PASSWORD`."""
        said = program.manage("shell", "-c", MAKE.format(name=name, password=PASSWORD, role=role))
        return cls(f"{program.address}/api/v1", said.split()[-1])

    def get(self, path: str) -> dict[str, Any]:
        return self._call(path, None)[1]

    def post(self, path: str, **given: Any) -> tuple[int, dict[str, Any]]:
        """The status and what was answered, good or not."""
        return self._call(path, given)

    def command(self, where: str, act: str, *, seconds: float = 60, **given: Any) -> dict[str, Any]:
        """Previews an act, requests what was shown, and follows it to its end. `where` is the address of a rollout, or
        of an application's policies; `given` what the preview has to be told. Where a tick comes between the two it is
        looked at again.
        """
        command = wait_for(lambda: self._requested(where, act, given), 30, f"{act} to be requested as it was shown")
        wait_for(lambda: self.get(f"/commands/{command['id']}")["state"] not in OPEN, seconds, f"the end of {act}")
        return self.get(f"/commands/{command['id']}")

    def _requested(self, where: str, act: str, given: dict[str, Any]) -> dict[str, Any]:
        seen = wait_for(lambda: self._possible(where, act, given), 30, f"{act} to be possible")
        asked = {name: seen[name] for name in ("act", "mark", "digest", *(("choice",) if "choice" in seen else ()))}
        named = {"policy": given["policy"]} if "policy" in given else {}
        status, command = self.post(f"{where}/commands", **asked, **named, typed=seen["plan"]["typed"], reason=act)
        if status == 409 and command["error"]["code"] == "changed":
            return {}
        assert status == 201, command
        return command

    def _possible(self, where: str, act: str, given: dict[str, Any]) -> dict[str, Any]:
        status, seen = self.post(f"{where}/preview", act=act, **given)
        assert status == 200, seen
        return seen if seen["plan"] else {}

    def _call(self, path: str, given: Any) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(self.address + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())
