"""A simulated fleet: one HTTPS server that speaks the Kubernetes and Prometheus APIs for a Kurator hub and its members.

It is an outside world, not part of the product: it imports nothing of `rollouts`, and the product reaches it only over
the network, through the adapters it uses in production. All state changes happen on one event loop; time comes from a
`Clock`, so the same controllers run in real time for a visitor and in no time at all for a test.
"""

from __future__ import annotations
