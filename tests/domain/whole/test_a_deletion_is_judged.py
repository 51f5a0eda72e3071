"""What goes with an Application, and what would leave users alone or the Application for ever `Terminating`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain import memory
from rollouts.domain.whole.deleting import Around, Deletion, Reached, TrapKind, judge_deletion
from rollouts.domain.whole.seen import How, Listed, Whole, read_whole

ENTRY = "cart-prod-attachedcluster-eu-west"
RAW: dict[str, Any] = {
    "metadata": {
        "name": "cart", "namespace": "shop", "uid": "u1", "resourceVersion": "7", "finalizers": ["apps.kurator.dev"]
    },
    "spec": {
        "destination": {"fleet": "prod"},
        "syncPolicies": [{"name": "cart-prod", "kustomization": {"path": "./", "prune": True}}],
    },
    "status": {
        "syncStatus": [
            {
                "name": ENTRY,
                "kustomizationStatus": {
                    "inventory": {
                        "entries": [
                            {"id": "shop_cart_apps_Deployment", "v": "v1"},
                            {"id": "shop_cart__Service", "v": "v1"},
                            {"id": "_shop__Namespace", "v": "v1"},
                            {"id": "nonsense", "v": "v1"},
                        ]
                    }
                },
            }
        ]
    },
}  # fmt: skip
HERE = Reached(1, "eu-west", ENTRY)
AROUND = Around({"cart-prod": (HERE,)}, {"prod": False}, {})


def whole(**policy: Any) -> Whole:
    read = read_whole(RAW)
    return replace(read, policies=(replace(read.policies[0], **policy),))


def judged(around: Around = AROUND, **policy: Any) -> Deletion:
    return judge_deletion(whole(**policy), around)


def trapped(around: Around = AROUND, **policy: Any) -> tuple[TrapKind, str, str]:
    (trap,) = judged(around, **policy).traps
    assert trap.instead
    return trap.kind, trap.said, trap.about


def test_it_is_read_as_the_hub_tells_it() -> None:
    read = read_whole(RAW)
    assert (read.uid, read.resource_version, read.deleting, read.finalizers) == (
        "u1",
        "7",
        False,
        ("apps.kurator.dev",),
    )
    (policy,) = read.policies
    assert (policy.name, policy.fleet, policy.how, policy.prune) == ("cart-prod", "prod", How.KUSTOMIZATION, True)
    assert read.inventories[ENTRY][:2] == (Listed("Deployment", "shop", "cart"), Listed("Service", "shop", "cart"))


@pytest.mark.parametrize("raw", [{}, {"spec": {"syncPolicies": "no"}, "metadata": []}, {"status": {"syncStatus": [3]}}])
def test_an_object_of_any_shape_is_read(raw: dict[str, Any]) -> None:
    assert read_whole(raw).policies == ()


def test_a_policy_without_a_name_is_called_as_kurator_calls_it() -> None:
    raw = {"metadata": {"name": "cart"}, "spec": {"syncPolicies": [{}, {"destination": {"fleet": "f"}}]}}
    assert [(one.name, one.fleet) for one in read_whole(raw).policies] == [("cart-0", ""), ("cart-1", "f")]


def test_everything_that_flux_has_applied_is_listed() -> None:
    (going,) = judged().going
    assert (going.policy, going.cluster, going.goes) == ("cart-prod", "eu-west", True)
    assert going.objects == ("Deployment shop/cart", "Service shop/cart", "Namespace shop")
    assert judged().traps == ()


@pytest.mark.parametrize(
    ("policy", "goes", "said"),
    [
        ({"prune": False}, False, "prune is off"),
        ({"prune": True}, True, "prune is on"),
        ({"prune": True, "suspended": True}, False, "It is suspended"),
        ({"how": How.HELM, "prune": False}, True, "Flux uninstalls the release"),
        ({"how": How.NOTHING, "prune": False}, False, "nothing goes"),
    ],
)
def test_what_becomes_of_a_policy(policy: dict[str, Any], goes: bool, said: str) -> None:
    (going,) = judged(**policy).going
    assert (going.goes, said in going.said) == (goes, True)


def test_what_flux_does_not_tell_is_not_said_to_be_nothing() -> None:
    bare = replace(whole(), inventories={})
    assert judge_deletion(bare, AROUND).going[0].objects is None


def test_what_takes_more_along_than_it_lists_is_warned_of() -> None:
    warnings = " ".join(judged().warnings)
    assert "Namespace shop goes, with everything that is in it" in warnings
    assert "in eu-west." in warnings
    assert "served by nobody" in warnings
    assert judged(prune=False).warnings == ()


class TestTraps:
    def test_a_policy_with_a_rollout(self) -> None:
        kind, said, about = trapped(rollout=True)
        assert (kind, about) == (TrapKind.ROLLOUT, "cart-prod")
        assert "still has a rollout in eu-west" in said
        assert "nobody serves users" in said
        assert "Kurator deletes its Canary, blue with it" in judged(rollout=True).going[0].said
        assert "Canary" not in judged().going[0].said

    def test_a_canary_that_nobody_keeps_while_its_target_would_go(self) -> None:
        left = replace(AROUND, reached={"cart-prod": (replace(HERE, canary="shop/cart"),)})
        assert trapped(left)[::2] == (TrapKind.CANARY, "shop/cart")
        assert judged(left, prune=False).traps == ()

    def test_a_fleet_that_is_gone(self) -> None:
        kind, said, _ = trapped(replace(AROUND, fleets={"other": False}))
        assert kind is TrapKind.FLEET
        assert "no Fleet prod" in said
        assert "stay Terminating" in said

    def test_a_fleet_that_goes(self) -> None:
        assert "Fleet prod is being deleted" in trapped(replace(AROUND, fleets={"prod": True}))[1]

    def test_a_member_that_is_not_there(self) -> None:
        kind, said, _ = trapped(replace(AROUND, lost={"prod": ("eu-north",), "other": ("x",)}))
        assert kind is TrapKind.MEMBER
        assert "lists eu-north" in said

    def test_a_cluster_that_does_not_answer(self) -> None:
        away = replace(HERE, away="not reachable.")
        kind, said, about = trapped(replace(AROUND, reached={"cart-prod": (away,)}))
        assert (kind, about) == (TrapKind.AWAY, "eu-west")
        assert "not reachable. What Flux has put there" in said

    def test_a_cluster_that_does_not_answer_is_said_once_for_all_policies(self) -> None:
        away = replace(HERE, away="silent.")
        read = read_whole(RAW)
        two = replace(read, policies=(read.policies[0], replace(read.policies[0], name="b")))
        assert len(judge_deletion(two, replace(AROUND, reached={"cart-prod": (away,), "b": (away,)})).traps) == 1

    def test_an_object_of_flux_for_a_cluster_that_no_policy_selects(self) -> None:
        """With an inventory or without: a HelmRelease has none."""
        raw = {
            **RAW,
            "status": {"syncStatus": [*RAW["status"]["syncStatus"], {"name": "cart-prod-attachedcluster-old"}]},
        }
        (trap,) = judge_deletion(read_whole(raw), AROUND).traps
        assert (trap.kind, trap.about) == (TrapKind.BEYOND, "cart-prod-attachedcluster-old")
        assert "for a cluster that no policy selects" in trap.said
        assert trap.instead

    def test_a_removal_that_goes_on(self) -> None:
        assert trapped(replace(AROUND, removals=((4, "cart-prod"),)))[::2] == (TrapKind.REMOVAL, "4")

    def test_one_that_is_being_deleted_already(self) -> None:
        kind = judge_deletion(replace(whole(), deleting=True), AROUND).traps[0]
        assert kind.kind is TrapKind.DELETING
        assert "apps.kurator.dev" in kind.said


def test_nothing_known_of_its_clusters_is_said() -> None:
    assert any("cannot be told" in one for one in judged(replace(AROUND, reached={})).warnings)


def test_the_digest_stands_for_all_that_a_person_decides_by() -> None:
    first = judged().digest("u1")
    assert first == judged().digest("u1")
    others = [
        judged().digest("u2"),
        judged(prune=False).digest("u1"),
        judged(rollout=True).digest("u1"),
        judge_deletion(replace(whole(), inventories={}), AROUND).digest("u1"),
        judged(replace(AROUND, reached={})).digest("u1"),
    ]
    assert len({first, *others}) == 6


@pytest.mark.parametrize(
    "made", [judged(), judged(rollout=True), judge_deletion(replace(whole(), inventories={}), AROUND)]
)
def test_it_is_kept_as_json(made: Deletion) -> None:
    kept = memory.load_deletion(memory.dump(made))
    assert (kept.traps or (), kept.going or (), kept.warnings or ()) == (made.traps, made.going, made.warnings)
