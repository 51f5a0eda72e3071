"""What a Prometheus behind a loopback API server answers."""

from __future__ import annotations

from typing import Any

from rollouts.domain.metrics import Side
from tests.support.exchange import Request
from tests.support.metrics import understood


def constant(request: Request) -> tuple[int, Any]:
    """Blue and green each have a value of their own at every moment."""
    begin, end, step = (float(request.query[name]) for name in ("start", "end", "step"))
    value = {Side.BLUE: "99.75", Side.GREEN: "99.5"}[understood(request.query["query"])[1]]
    values = [[begin + number * step, value] for number in range(int((end - begin) / step) + 1)]
    return 200, {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}
