"""Which earlier versions are known of a target, and what becomes another with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rollouts.domain import memory
from rollouts.domain.earlier import PastRelease, Version, Versions, differences, earlier
from rollouts.domain.pod_templates import PodTemplate
from rollouts.domain.rollout import Outcome
from tests.support.seen import at, workload

ONE, TWO, THREE = (f"registry.example.test/checkout:{n}.0.0" for n in (1, 2, 3))
TARGET = replace(workload("checkout", THREE), containers=("app",))


def body(image: str, **annotations: str) -> dict[str, Any]:
    metadata = {"labels": {"app": "checkout"}, **({"annotations": annotations} if annotations else {})}
    return {"metadata": metadata, "spec": {"containers": [{"name": "app", "image": image}]}}


def kept(number: int, image: str, *, owner: str = "checkout", digest: str = "", **annotations: str) -> PodTemplate:
    name = f"{owner}-{number}"
    return PodTemplate("shop", name, owner, number, digest or name, (image,), at(number), body(image, **annotations))


def release(number: int, before: str, to: str, outcome: Outcome = Outcome.SUCCEEDED) -> PastRelease:
    return PastRelease(number, outcome, (before,), (to,), at(1000 + number))


def found(sets: list[PodTemplate], releases: list[PastRelease] | None = None) -> list[Version]:
    return list(earlier(sets, releases or [], TARGET, body(THREE)))


def test_a_replica_set_of_the_target_gives_its_whole_template_and_the_present_one_is_left_out() -> None:
    present = kept(3, THREE, digest=TARGET.template)
    (one,) = found([kept(2, TWO), present])
    assert (one.key, one.images, one.template, one.body) == ("checkout-2", (TWO,), "checkout-2", body(TWO))


def test_the_same_version_tried_again_is_offered_once() -> None:
    again = kept(4, TWO, **{"kurator-ui/retried": "x"})
    present_again = kept(5, THREE, **{"kubectl.kubernetes.io/restartedAt": "y"})
    assert [one.key for one in found([kept(2, TWO), again, present_again])] == ["checkout-4"]


def test_what_became_of_it_is_told_by_the_newest_release_that_had_it() -> None:
    releases = [release(9, TWO, THREE), release(8, ONE, TWO), release(7, ONE, TWO, Outcome.FAILED)]
    two, one = found([kept(1, ONE), kept(2, TWO)], releases)
    assert (two.said, two.promoted, two.at) == ("on blue before release 9", True, at(1009))
    assert (one.said, one.promoted) == ("on blue before release 8", True)


def test_a_failed_version_says_so() -> None:
    (two,) = found([kept(2, TWO)], [release(2, THREE, TWO, Outcome.FAILED)])
    assert (two.said, two.promoted) == ("release 2 failed", False)


def test_of_versions_with_the_same_images_it_is_not_known_which_one_a_release_had() -> None:
    configured, plain = found([kept(1, TWO), kept(2, TWO, mode="broken")], [release(2, ONE, TWO)])[1:]
    for one, made in ((configured, at(2)), (plain, at(1))):
        assert one.said == "release 2 succeeded: not known which of the versions with these images it was"
        assert (one.promoted, one.at, one.made) == (False, made, True)


def test_nor_whether_it_was_the_one_that_the_target_has_now() -> None:
    (one,) = found([kept(2, THREE, mode="broken")], [release(3, TWO, THREE)])[1:]
    assert one.said == "release 3 succeeded: not known which of the versions with these images it was"
    assert (one.promoted, one.at, one.made) == (False, at(2), True)
    (again,) = found([kept(2, THREE, mode="broken"), kept(1, THREE, owner="checkout-primary")])
    assert again.said == "promoted before: not known which of the versions with these images it was"
    assert not again.promoted


def test_the_same_version_tried_again_leaves_no_doubt() -> None:
    (two,) = found([kept(2, TWO), kept(4, TWO, **{"kurator-ui/retried": "x"})], [release(2, THREE, TWO)])
    assert (two.said, two.promoted) == ("release 2 succeeded", True)


def test_without_a_release_blue_tells_whether_it_was_promoted() -> None:
    one, two = found([kept(1, ONE), kept(2, TWO), kept(1, TWO, owner="checkout-primary")])[::-1]
    assert (one.said, one.promoted, one.at, one.made) == ("not known whether it was ever promoted", False, at(1), True)
    assert (two.said, two.promoted) == ("promoted before", True)


def test_what_only_blue_or_a_release_still_knows_is_offered_by_its_images() -> None:
    offered = found([kept(1, ONE, owner="checkout-primary")], [release(5, TWO, THREE)])
    assert [(one.key, one.images, one.template, dict(one.body)) for one in offered] == [
        ("before-release-5", (TWO,), "", {}),
        ("checkout-primary-1", (ONE,), "", {}),
    ]


def test_images_for_other_containers_are_left_out() -> None:
    assert found([], [PastRelease(5, Outcome.SUCCEEDED, (ONE, TWO), (THREE,), at(0))]) == []


def test_they_are_the_same_after_they_were_kept() -> None:
    versions = Versions(at(9), tuple(found([kept(1, ONE)], [release(5, TWO, THREE)])), body(THREE), note="why")
    assert memory.load_versions(memory.dump(versions)) == versions


def test_differences_name_containers_and_variables_and_cut_what_is_long() -> None:
    before = {"spec": {"containers": [{"name": "app", "args": ["a"], "env": [{"name": "A", "value": "1"}]}]}}
    after = {"spec": {"containers": [{"name": "app", "args": ["b" * 500]}, {"name": "proxy", "image": "p:1"}]}}
    told = {one.place: (one.now, one.then) for one in differences(before, after)}
    assert told["spec.containers[app].env"] == ('[{"name": "A", "value": "1"}]', "")
    assert told["spec.containers[proxy]"] == ("", '{"name": "proxy", "image": "p:1"}')
    assert len(told["spec.containers[app].args"][1]) == 201


def test_what_may_be_secret_is_in_no_repr() -> None:
    one = kept(1, ONE, password="hunter2")
    version = found([one])[0]
    assert "hunter2" not in f"{one!r} {version!r} {Versions(at(0), (version,), one.body)!r}"
