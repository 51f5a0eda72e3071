"""Dialogs of acts as a browser sees them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.core.cache import cache
from django.test import Client

from rollouts.models import Rollout
from rollouts.services.observe import storage
from rollouts.web.fragments import fragments
from tests.support.builders import make_state

HTMX: Any = {"headers": {"HX-Request": "true"}}


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def fields(html: str) -> dict[str, str]:
    """Of the form in the dialog."""
    return dict(re.findall(r'<input[^>]* name="(mark|digest|reason)" value="([^"]*)"', html))


def sent(html: str) -> dict[str, str]:
    """All that the forms of a dialog send when nothing is changed in them."""
    return {name: unescape(value) for name, value in re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', html)}


def sent_of_several(html: str) -> dict[str, Any]:
    """Of the dialog of several clusters, as a browser sends the form when nothing is changed in it."""
    boxes = re.findall(r'<input type="checkbox" name="chosen" value="([^"]+)" checked>', html)
    fields = dict(re.findall(r'<input[^>]* name="(mark|pause|reason|typed|turn-\d+)" value="([^"]*)"', html))
    checked = re.search(r'name="pace" value="([^"]+)" checked', html)
    stops = {"stops": "on"} if 'name="stops" checked' in html else {}
    return {**fields, **stops, "chosen": boxes, **({"pace": checked[1]} if checked else {})}


def dialog(client: Client, rollout: Rollout, act: str = "roll-back") -> dict[str, str]:
    return fields(page(client, f"/rollouts/{rollout.pk}/acts/{act}/"))


def button(html: str, act: str) -> str:
    return html.partition(f'<span class="act" id="act-{act}">')[2].partition("</button>")[0]


def version(html: str) -> str:
    return str(re.findall(r'<div id="rollout"[^>]*"v": "([^"]*)"', html)[0])


def ask(client: Client, rollout: Rollout, held: str) -> Any:
    """As an open page does that holds this version."""
    return client.get(f"/rollouts/{rollout.pk}/", {"v": held}, **HTMX)


def becomes(rollout: Rollout, **state: Any) -> None:
    """As observation would have written it since."""
    cache.clear()
    fragments.clear()
    storage.fill(rollout, make_state(**state))
    rollout.save()
