"""What Plotly's own schema says of a figure."""

from __future__ import annotations

import plotly.graph_objects

from rollouts.charts.figure import Figure


def assert_valid(figure: Figure) -> None:
    """Raises what Plotly has against it: an unknown property, a value of the wrong kind."""
    plotly.graph_objects.Figure(figure)
