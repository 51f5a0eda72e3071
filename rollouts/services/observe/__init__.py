"""Observation: from watches on clusters to rows in the database.

`Observer` (observer.py) holds a lease on some clusters (leases.py). For each it runs a `ClusterWatch` (watching.py)
with one `Stream` (streams.py) per collection. Streams hand what they saw to one `Writer` (writer.py), which commits
batches through `record` (record.py): the rules' fold, the timeline, and the cursors, in one transaction. `Readers`
(readers.py) read single objects when asked to.
"""
