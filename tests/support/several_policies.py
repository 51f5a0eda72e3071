"""One change of several policies, as a browser asks for it."""

from __future__ import annotations

import json
import re
from typing import Any

from django.test import Client

from rollouts.domain import memory
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import (
    Application,
    DraftTrial,
)
from tests.support.governed import POLICY as NAME
from tests.support.policies import POLICY, policy

INTERVAL = "rolloutPolicy__trafficAnalysis__checkIntervalSeconds"


def begin(client: Client, one: Application, **texts: str) -> str:
    """The address of the change of the first policy, once it was reviewed."""
    given = {**shown(read(POLICY)), "policy": NAME, "base": json.dumps(POLICY), "strategy": "blue-green", **texts}
    response = client.post(f"/applications/{one.pk}/policy/edit/", given | {"go": "review"})
    found = re.search(r'href="([^"]+)/others/"', response.content.decode())
    assert found is not None
    return found[1]


def chosen(*others: Application) -> str:
    return "&".join(f"to={one.pk}:{one.name}-prod" for one in others)


def answered(answer: str = "accepted", said: str = "", **which: Any) -> None:
    DraftTrial.objects.filter(**which).update(answer=answer, said=said)


def review(client: Client, address: str, *others: Application) -> Any:
    """After every cluster has answered."""
    client.get(f"{address}/all/?{chosen(*others)}")
    answered()
    return client.get(f"{address}/all/?{chosen(*others)}")


def boxes(page: Any) -> list[str]:
    return re.findall(r'name="take" value="([^"]+)"', page.content.decode())


def apply(client: Client, address: str, page: Any, *others: Application, **given: Any) -> Any:
    mark = re.search(r'name="mark" value="([^"]+)"', page.content.decode())
    assert mark is not None
    return client.post(f"{address}/all/?{chosen(*others)}", {"mark": mark[1], "take": boxes(page), **given})


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def says(one: Application, **changed: Any) -> None:
    found = {**memory.dump(memory.load_policy(one.policies[0])), "rollout": policy(**changed)}
    Application.objects.filter(pk=one.pk).update(policies=[found], generation=one.generation + 1)
