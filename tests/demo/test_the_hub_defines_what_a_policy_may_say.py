from __future__ import annotations

from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.observations import Kind
from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC
from rollouts.domain.policies.known import Known, places_in


def test_every_field_of_the_form_has_its_place_in_the_definition_of_the_hub(fleet: DemoFleet) -> None:
    connection = KubernetesConnection(credential_from_kubeconfig(fleet.kubeconfig("hub", "viewer").read_bytes()))
    known = Known(frozenset(places_in(connection.schema(Kind.APPLICATION))))
    connection.close()
    names = [*PLACED, "metrics", "commands", *(f"metrics-{name}" for name in PLACED_IN_METRIC)]
    assert [name for name in names if not known.has(name)] == []
    assert "rolloutPolicy.later" not in (known.places or ())
