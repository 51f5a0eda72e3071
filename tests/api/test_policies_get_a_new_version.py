"""A new version through a policy by the API: shown before, requested with what was shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import Application, Command
from tests.api.asking import post
from tests.support.builders import BLUE
from tests.support.governed import POLICY, make_kustomized_policy

pytestmark = pytest.mark.django_db
NEW = "registry.example.test/podinfo:7.0.0"
CHOICE = {"container": "podinfo", "image": NEW}


@pytest.fixture
def application(asked: list[Any]) -> Application:
    return make_kustomized_policy("eu-west", "us-east")


def preview(client: Client, one: Application, choice: dict[str, str], status: int = 200) -> Any:
    where = f"/applications/{one.pk}/policies/preview"
    return post(client, where, status, policy=POLICY, act="new-version", choice=choice)


def test_it_is_shown_with_what_happens_in_each_cluster_and_requested(program: Client, application: Application) -> None:
    shown = preview(program, application, CHOICE)
    (patch,) = shown["plan"]["patches"]
    assert patch["body"][-1]["path"] == "/spec/syncPolicies/0/kustomization/images"
    assert [(one["cluster"]["name"], one["effect"]) for one in shown["clusters"]] == [
        ("eu-west", f"From {BLUE}. A release of it begins."),
        ("us-east", f"From {BLUE}. A release of it begins."),
    ]
    given = {name: shown[name] for name in ("policy", "act", "choice", "mark", "digest")}
    made = post(program, f"/applications/{application.pk}/policies/commands", 201, **given)
    assert (made["act"], made["state"]) == ("new-version", "requested")
    assert Command.objects.get().choice["entry"] == "registry.example.test/podinfo"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({}, "Choose a container."),
        ({**CHOICE, "image": "podinfo"}, "Give a tag or a digest"),
        ({**CHOICE, "image": BLUE.replace(":", "::")}, "is not a tag"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    program: Client, application: Application, choice: dict[str, str], said: str
) -> None:
    assert said in preview(program, application, choice)["why_not"]


def test_what_is_kept_and_what_is_not_known_cannot_be_told(program: Client, application: Application) -> None:
    assert "entry" in str(preview(program, application, {**CHOICE, "entry": "proxy"}, 422))
    assert "imagen" in str(preview(program, application, {**CHOICE, "imagen": "x"}, 422))
