"""Prometheus, asked by its HTTP API.

`source.py` says what is asked and reads the answer; it is given the way there, so that the same code goes through an
API server. `direct.py` is the way to an address, `answers.py` the shape of an answer.
"""

from __future__ import annotations
