"""What each kind of person is answered, whom many addresses answer alike."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """Statuses for: nobody signed in, no grant, viewer, operator, admin (each of everything), superuser."""

    get: str
    post: str
    delete: str


PAGE = Row("302 403 200 200 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")
OWN = Row("302 200 200 200 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")
LIVE_PART = Row("302 403 302 302 302 302", "302 405 405 405 405 405", "302 405 405 405 405 405")
EDITORS = Row("302 403 403 403 403 200", "302 405 405 405 405 405", "302 405 405 405 405 405")  # no role includes it
EDIT = EDITORS._replace(post=EDITORS.get)
REMOVE = EDITORS._replace(post="302 403 403 403 403 409")
OWN_DRAFT = EDITORS._replace(get="302 403 403 403 403 404", post="302 403 403 403 403 404")
STOPPED = PAGE._replace(post="302 403 403 403 403 302")  # by a click of who may edit
TOLD_WHAT_TO_DO = PAGE._replace(post="302 403 403 403 403 400")  # nothing is, where nothing is said
ACT = Row("302 403 403 200 200 200", "302 403 403 409 409 409", "302 405 405 405 405 405")
COMMAND = ACT._replace(post="302 403 403 302 409 409")  # the first who may cancels it
REASON = Row("302 405 405 405 405 405", "302 403 403 422 422 422", "302 405 405 405 405 405")
FOR_ADMINS = Row("302 302 302 302 200 200", "302 302 302 302 200 200", "302 302 302 302 200 200")
ELSEWHERE = Row("302 302 302 302 302 302", "302 302 302 302 302 302", "302 302 302 302 302 302")
