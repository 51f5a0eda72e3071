"""The addresses of pages that are of no one rollout or application."""

from __future__ import annotations

from tests.support.addresses.rows import EDIT, EDITORS, ELSEWHERE, LIVE_PART, OWN, PAGE, TOLD_WHAT_TO_DO, Row

AUDIT = Row("302 403 403 403 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")

OF_PAGES: dict[str, tuple[str, Row]] = {
    "/sign-in/": ("/sign-in/", Row("200 302 302 302 302 302", "200 302 302 302 302 302", "405 302 302 302 302 302")),
    "/sign-out/": ("/sign-out/", Row("302 405 405 405 405 405", "302 302 302 302 302 302", "302 405 405 405 405 405")),
    "/favicon.ico": ("/favicon.ico", ELSEWHERE),
    "/": ("/", PAGE),
    "/causes/": ("/causes/", PAGE),
    "/history/": ("/history/", PAGE),
    "/history.csv": ("/history.csv", PAGE),
    "/clusters/": ("/clusters/", PAGE),
    "/tour/": ("/tour/", PAGE._replace(get="302 403 404 404 404 404")),  # it is of the demo alone
    "/clusters/<int:id>/readiness/": ("/clusters/{cluster}/readiness/", PAGE._replace(post=LIVE_PART.get)),
    "/clusters/<int:id>/canaries/choose/": ("/clusters/{cluster}/canaries/choose/", EDITORS),
    "/clusters/<int:id>/canaries/new/": (
        "/clusters/{cluster}/canaries/new/?namespace=shop&workload=cart",
        EDIT,
    ),
    "/new-canaries/<int:id>/": ("/new-canaries/{new_canary}/", TOLD_WHAT_TO_DO),
    "/audit/": ("/audit/", AUDIT),
    "/audit.csv": ("/audit.csv", AUDIT),
    "/audit.jsonl": ("/audit.jsonl", AUDIT),
    "/tokens/": ("/tokens/", Row("302 403 200 200 200 200", "302 403 422 422 422 422", "302 405 405 405 405 405")),
    "/password/": ("/password/", Row("302 200 200 200 200 200", "302 422 422 422 422 422", OWN.delete)),
    "/password/changed/": ("/password/changed/", OWN),
    "/tokens/<int:id>/revoke/": (  # somebody else's
        "/tokens/{token}/revoke/",
        Row("302 405 405 405 405 405", "302 403 404 404 404 404", "302 405 405 405 405 405"),
    ),
}
