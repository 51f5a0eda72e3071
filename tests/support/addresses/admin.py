"""The addresses of the admin site."""

from __future__ import annotations

from tests.support.addresses.rows import ELSEWHERE, FOR_ADMINS, Row

READ_ONLY = Row("302 302 302 302 200 200", "302 302 302 302 403 403", "302 302 302 302 200 200")
NEVER = Row("302 302 302 302 403 403", "302 302 302 302 403 403", "302 302 302 302 403 403")
ACCOUNTS = Row("302 302 302 302 403 200", "302 302 302 302 403 200", "302 302 302 302 403 200")
TOOL = Row("302 302 302 302 200 200", "302 302 302 302 405 405", "302 302 302 302 405 405")
NOTHING = Row("302 302 302 302 404 404", "302 302 302 302 404 404", "302 302 302 302 404 404")

OF_ADMIN: dict[str, tuple[str, Row]] = {
    "/admin/": ("/admin/", FOR_ADMINS),
    "/admin/login/": (
        "/admin/login/",
        Row("302 403 403 403 302 302", "302 403 403 403 302 302", "302 403 403 403 302 302"),
    ),
    "/admin/logout/": (
        "/admin/logout/",
        Row("302 302 302 302 405 405", "302 302 302 302 302 302", "302 302 302 302 405 405"),
    ),
    "/admin/password_change/": (
        "/admin/password_change/",
        Row(*["302 302 302 302 302 302"] * 3),
    ),
    "/admin/password_change/done/": ("/admin/password_change/done/", Row(*["302 302 302 302 302 302"] * 3)),
    "/admin/autocomplete/": (
        "/admin/autocomplete/?app_label=rollouts&model_name=grant&field_name=application&term=",
        TOOL,
    ),
    "/admin/jsi18n/": ("/admin/jsi18n/", TOOL),
    "/admin/r/<path:content_type_id>/<path:object_id>/": ("/admin/r/1/1/", NOTHING),
    "/admin/^(?P<app_label>auth|rollouts)/$": ("/admin/rollouts/", FOR_ADMINS),
    "/admin/(?P<url>.*)$": ("/admin/nothing/", NOTHING),
    "/admin/auth/user/<id>/password/": ("/admin/auth/user/{user}/password/", ACCOUNTS),
}
# Of a required reason an empty form says: of anybody, for any act. The first adds that, the second may not again.
ADDED_ONCE = FOR_ADMINS._replace(post="302 302 302 302 302 200")
SAVED = FOR_ADMINS._replace(post=ELSEWHERE.post)
CHANGED, OBSERVED, DJANGOS = (FOR_ADMINS,) * 3, (NEVER, READ_ONLY, NEVER), (ACCOUNTS,) * 3
for model, first, (adding, changing, deleting) in (
    ("auth/group", ACCOUNTS, DJANGOS),
    ("auth/user", ACCOUNTS, DJANGOS),
    ("rollouts/cluster", FOR_ADMINS, CHANGED),
    ("rollouts/grant", FOR_ADMINS, CHANGED),
    ("rollouts/requiredreason", FOR_ADMINS, (ADDED_ONCE, SAVED, FOR_ADMINS)),
    ("rollouts/token", FOR_ADMINS, (NEVER, READ_ONLY, FOR_ADMINS)),
    ("rollouts/application", FOR_ADMINS, OBSERVED),
    ("rollouts/rollout", FOR_ADMINS, OBSERVED),
    ("rollouts/release", FOR_ADMINS, OBSERVED),
    ("rollouts/transition", FOR_ADMINS, OBSERVED),
    ("rollouts/eventseen", FOR_ADMINS, OBSERVED),
):
    one = f"/admin/{model}/{{{model.partition('/')[2]}}}"
    OF_ADMIN |= {
        f"/admin/{model}/": (f"/admin/{model}/", first),
        f"/admin/{model}/add/": (f"/admin/{model}/add/", adding),
        f"/admin/{model}/<path:object_id>/change/": (f"{one}/change/", changing),
        f"/admin/{model}/<path:object_id>/delete/": (f"{one}/delete/", deleting),
        f"/admin/{model}/<path:object_id>/history/": (f"{one}/history/", first),
        f"/admin/{model}/<path:object_id>/": (f"{one}/", ELSEWHERE),
    }
