"""The addresses below an application, its policies, and what is changed of either."""

from __future__ import annotations

from tests.support.addresses.rows import ACT, COMMAND, EDIT, EDITORS, LIVE_PART, PAGE, REASON, REMOVE, STOPPED, Row

NOT_REVIEWED = Row("302 404 404 404 404 404", "302 404 404 404 404 404", "302 405 405 405 405 405")
NOT_BEGUN = NOT_REVIEWED._replace(post=NOT_REVIEWED.delete)
DRAFT = "/applications/{governed}/policy/drafts/1/"

OF_APPLICATIONS: dict[str, tuple[str, Row]] = {
    "/applications/<int:id>/": ("/applications/{application}/", PAGE),
    "/applications/set-up/": ("/applications/set-up/", PAGE),
    "/applications/<int:id>/policy/set-up/": ("/applications/{bare}/policy/set-up/?policy=cart-prod", EDITORS),
    "/applications/<int:id>/policy/edit/": ("/applications/{governed}/policy/edit/?policy=checkout-prod", EDIT),
    "/applications/<int:id>/policy/revisions/": (
        "/applications/{governed}/policy/revisions/?policy=checkout-prod",
        PAGE,
    ),
    "/applications/<int:id>/policy/copy/": ("/applications/{governed}/policy/copy/?policy=checkout-prod", EDITORS),
    "/applications/<int:id>/policy/drafts/<int:draft>/": ("/applications/{governed}/policy/drafts/1/", NOT_REVIEWED),
    "/applications/<int:id>/policy/drafts/<int:draft>/others/": (f"{DRAFT}others/", NOT_BEGUN),
    "/applications/<int:id>/policy/drafts/<int:draft>/all/": (f"{DRAFT}all/", NOT_REVIEWED),
    "/policies/changes/<int:batch>/": ("/policies/changes/{policy_batch}/", STOPPED),
    "/applications/<int:id>/policy/remove/": ("/applications/{governed}/policy/remove/?policy=checkout-prod", REMOVE),
    "/applications/new/": ("/applications/new/", EDIT._replace(post="302 403 403 403 403 422")),
    "/applications/<int:id>/delete/": (
        "/applications/{governed}/delete/",
        Row("302 405 405 405 405 405", "302 403 403 403 403 302", "302 405 405 405 405 405"),
    ),
    "/application-changes/<int:id>/": ("/application-changes/{change}/", STOPPED),
    "/removals/<int:id>/": ("/removals/{removal}/", STOPPED),
    "/applications/<int:id>/policy/<slug:act>/": ("/applications/{governed}/policy/pause/?policy=checkout-prod", ACT),
    "/applications/<int:id>/policy/commands/<int:command>/": (
        "/applications/{governed}/policy/commands/{policy_command}/",  # the first who may cancels it
        COMMAND,
    ),
    "/applications/<int:id>/policy/commands/<int:command>/reason/": (
        "/applications/{governed}/policy/commands/{policy_command}/reason/",  # nobody of these asked for it
        REASON,
    ),
    "/applications/<int:id>/acts/<slug:act>/": ("/applications/{application}/acts/pause/", ACT),
    "/applications/<int:id>/batches/<int:batch>/": (
        "/applications/{application}/batches/{batch}/",  # the first who may stops it
        Row("302 403 200 200 200 200", "302 403 403 302 409 409", "302 405 405 405 405 405"),
    ),
    "/applications/<int:id>/charts/": ("/applications/{application}/charts/", LIVE_PART),
    "/applications/<int:id>/steps.csv": ("/applications/{application}/steps.csv", PAGE),
    "/applications/<int:id>/check.csv": ("/applications/{application}/check.csv?check=request-duration", PAGE),
}
