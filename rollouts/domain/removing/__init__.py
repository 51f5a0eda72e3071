"""Removing the rollout of a policy with nobody losing a pod on the way: the steps, and what is looked at before each.

Deleted without `revertOnDeletion` a Canary takes blue along while its target has no replicas: nobody serves users. So
the order is always the same (kurator.md 12, proven K6): Flagger is told to bring the target back, every cluster shows
that it will, only then Kurator is told to let go, and only then the Canaries are deleted. Of a Canary that no policy
makes it is the same, without what is done on the hub.
"""
