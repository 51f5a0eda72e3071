"""The addresses below a rollout or a release."""

from __future__ import annotations

from tests.support.addresses.rows import ACT, COMMAND, EDIT, EDITORS, LIVE_PART, OWN_DRAFT, PAGE, REASON, REMOVE, Row

OF_ROLLOUTS: dict[str, tuple[str, Row]] = {
    "/rollouts/<int:id>/": ("/rollouts/{rollout}/", PAGE),
    "/rollouts/<int:id>/charts/": ("/rollouts/{rollout}/charts/", LIVE_PART),
    "/rollouts/<int:id>/check.csv": ("/rollouts/{rollout}/check.csv?check=request-duration", PAGE),
    "/rollouts/<int:id>/steps.csv": ("/rollouts/{rollout}/steps.csv", PAGE),
    "/rollouts/<int:id>/object/<slug:kind>/<str:name>/": ("/rollouts/{rollout}/object/canaries/checkout/", PAGE),
    "/rollouts/<int:id>/acts/<slug:act>/": ("/rollouts/{rollout}/acts/pause/", ACT),
    "/rollouts/<int:id>/commands/<int:command>/": ("/rollouts/{rollout}/commands/{command}/", COMMAND),
    "/rollouts/<int:id>/commands/<int:command>/reason/": ("/rollouts/{rollout}/commands/{command}/reason/", REASON),
    "/rollouts/<int:id>/policy/edit/": ("/rollouts/{rollout}/policy/edit/", EDIT),
    "/rollouts/<int:id>/policy/copy/": ("/rollouts/{rollout}/policy/copy/", EDITORS),
    "/rollouts/<int:id>/policy/revisions/": ("/rollouts/{rollout}/policy/revisions/", PAGE),
    "/rollouts/<int:id>/policy/drafts/<int:draft>/": ("/rollouts/{rollout}/policy/drafts/1/", OWN_DRAFT),
    "/rollouts/<int:id>/remove/": ("/rollouts/{rollout}/remove/", REMOVE),
    "/releases/<int:id>/": ("/releases/{release}/", PAGE),
    "/releases/<int:id>.json": ("/releases/{release}.json", PAGE),
    "/releases/<int:id>.csv": ("/releases/{release}.csv", PAGE),
    "/releases/<int:id>/transitions.csv": ("/releases/{release}/transitions.csv", PAGE),
    "/releases/<int:id>/compare/<int:other>/": ("/releases/{release}/compare/{other}/", PAGE),
}
