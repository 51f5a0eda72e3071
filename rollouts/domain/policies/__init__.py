"""The text of a rollout policy (`syncPolicies[].rollout` of a Kurator Application): read, entered, judged, and written
as the changes of exactly what is another.
"""
