"""Kubernetes API servers, read over HTTP and reduced to observations.

`connection.py` is the way in; below it `transport.py` bounds every call in time and size, `errors.py` translates
failures, and `decode.py` with its neighbours turns objects into observations (alone it imports no client, so that
replaying a recording stays cheap). `kubeconfig.py` and `in_cluster.py` make credentials, `redact.py` makes objects fit
to be shown.
"""

from __future__ import annotations
