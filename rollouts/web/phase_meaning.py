"""What a phase means, for who sees one for the first time: what goes on, where the users are, and what comes next.

By the transitions of Flagger (flagger.md 5.3); `own` is what Flagger writes into the condition of the Canary itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.commands import has_configs
from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import ANALYSING
from rollouts.domain.progress import weights_of
from rollouts.domain.rollout import LiveSide
from rollouts.web.words import phase_look


@dataclass(frozen=True, slots=True)
class Meaning:
    """Whole sentences; `own` is empty where Flagger says nothing of the phase."""

    name: str
    now: str
    users: str
    after: str
    own: str = ""
    is_first: bool = False
    """Nothing was ever released: whoever looks is about to begin."""


OWN = {
    Phase.INITIALIZING: "New {} detected, starting initialization.",
    Phase.INITIALIZED: "{} initialization completed.",
    Phase.WAITING: "Waiting for approval.",
    Phase.PROGRESSING: "New revision detected, progressing canary analysis.",
    Phase.WAITING_PROMOTION: "Waiting for approval.",
    Phase.PROMOTING: "Canary analysis completed, starting primary rolling update.",
    Phase.FINALISING: "Canary analysis completed, routing all traffic to primary.",
    Phase.SUCCEEDED: "Canary analysis completed successfully, promotion finished.",
    Phase.FAILED: "Canary analysis failed, {} scaled to zero.",
}
NOW = {
    Phase.UNSET: "Flagger has not looked at this Canary yet.",
    Phase.INITIALIZING: "Flagger copies {target} to {target}-primary, which is blue from then on. Once blue's pods are"
    " ready the Service leads to them, and {target} is scaled to no pods.",
    Phase.INITIALIZED: "All is set up and no release has run yet: blue serves, and {target} waits without pods.",
    Phase.WAITING: "There is a new version, and a hook has not confirmed yet that its release may begin.",
    Phase.WAITING_PROMOTION: "Green has passed its checks, and a hook has not confirmed the promotion. Green is checked"
    " on meanwhile.",
    Phase.PROMOTING: "Green has passed. Its version is copied to blue, whose pods are replaced a few at a time.",
    Phase.FINALISING: "Blue runs the new version and has the traffic. Green is about to be scaled down.",
    Phase.SUCCEEDED: "The release has ended well: blue runs the new version, and green has no pods any more.",
    Phase.TERMINATING: "The Canary is being deleted: {target} gets blue's number of pods and serves by itself again.",
    Phase.TERMINATED: "The Canary was dismantled.",
    Phase.UNKNOWN: "Flagger is newer than this program and speaks of a phase that is not known here.",
}
SUSPENDED = "It is suspended: Flagger leaves everything as it is, checks nothing and rolls nothing back."
SKIPPED = "The checks are switched off: nothing is measured in this release."

RELEASES = (
    "{which} release begins when the target changes: its image or pod template, or a ConfigMap or Secret that its pods"
    " use. Git or a pipeline does that, or from here New version{ways}."
)
BY_ITSELF = "By itself nothing more happens."
BLUE_FIRST = "Blue has to be repaired before the next version comes, or users are led to it as it is."
ANOTHER = "Another version begins a release; Retry releases the same one once more."
RESUMED = "It goes on where it was as soon as it is resumed."
AFTER = {
    Phase.UNSET: "Within ten seconds Flagger begins to make blue (Initializing). If not, it does not run, or does not"
    " look after this namespace.",
    Phase.INITIALIZING: "Initialized, once blue's pods are ready; Failed, where they do not become ready in time.",
    Phase.INITIALIZED: RELEASES.replace("{which}", "The first")
    + " Where a hook is to confirm that, it waits for it (Waiting).",
    Phase.WAITING: "Progressing, once the hook confirms it: Flagger asks at every tick. Until then nothing is rolled"
    " back.",
    Phase.FINALISING: "Succeeded, at the next tick.",
    Phase.SUCCEEDED: RELEASES.replace("{which}", "The next") + " To go back is a release of an earlier version.",
    Phase.TERMINATING: "The Canary goes once the target is ready, and with it blue and Flagger's Services.",
    Phase.TERMINATED: BY_ITSELF,
    Phase.UNKNOWN: "What comes next is not known here.",
}


def meaning(canary: Canary, live: LiveSide) -> Meaning:
    name = phase_look(canary.phase_text if canary.phase is Phase.UNKNOWN else canary.phase).name
    now, after = (SUSPENDED, RESUMED) if canary.suspended else (_now(canary, live), _after(canary, live))
    kept = canary.phase is Phase.FAILED and live is LiveSide.GREEN  # Flagger says that it was scaled down even then
    own = "" if kept else OWN.get(canary.phase, "").format(canary.target_kind)
    return Meaning(name, now, _users(canary, live), after, own, canary.phase is Phase.INITIALIZED)


def _now(canary: Canary, live: LiveSide) -> str:
    if canary.phase is Phase.PROGRESSING:
        return SKIPPED if canary.skip_analysis else _analysis(canary, live)
    if canary.phase is Phase.FAILED:
        return _failure(live)
    return NOW[canary.phase].format(target=canary.target_name or "the target")


def _analysis(canary: Canary, live: LiveSide) -> str:
    every = f"every {canary.interval} s"
    if canary.strategy is Strategy.AB_TESTING:
        return f"Green runs the new version beside blue and is checked {every}, with those users who match."
    if canary.strategy is Strategy.CANARY:
        return f"Green runs the new version beside blue, gets more users step by step, and is checked {every}."
    if live is LiveSide.GREEN:
        return "Green has passed its checks without users and has got them all. It is checked once more, with them."
    copied = " Users' requests are sent to it as well, and its answers thrown away." if canary.mirror else ""
    return f"Green runs the new version beside blue, without users, and is checked {every}.{copied}"


def _failure(live: LiveSide) -> str:
    if live is LiveSide.GREEN:
        return "Green had passed, but blue did not become ready with the new version. Green was kept, with the users."
    return "Green failed too many checks or did not become ready, or the release was rolled back. Green has no pods."


def _users(canary: Canary, live: LiveSide) -> str:
    if canary.phase in (Phase.UNSET, Phase.INITIALIZING):
        return "They are served by the target as before, until blue is ready."
    match live:
        case LiveSide.GREEN:
            return "All of them are on green, with the new version."
        case LiveSide.SPLIT if canary.strategy is Strategy.AB_TESTING:
            return "Those who match are on green, with the new version. All others are on blue."
        case LiveSide.SPLIT:
            share = f"{canary.weight} %" if 0 < canary.weight < 100 else "Some"
            return f"{share} of them are on green, with the new version. All others are on blue."
        case LiveSide.BLUE:
            return f"All of them are on blue, {_version_of_blue(canary)}."
    return "Neither Flagger nor a routing object says where they are."


def _version_of_blue(canary: Canary) -> str:
    match canary.phase:
        case Phase.INITIALIZED:
            return "with the version that was there when it was set up"
        case Phase.PROMOTING:
            return "and get the new version with each pod that is replaced"
        case Phase.FINALISING | Phase.SUCCEEDED:
            return "with the new version"
        case Phase.TERMINATING | Phase.TERMINATED | Phase.UNKNOWN:
            return "as far as it is known"
    return "with the version from before the release" if canary.phase is Phase.FAILED else "with the version before"


def _after(canary: Canary, live: LiveSide) -> str:
    if canary.phase in ANALYSING:
        return _verdict(canary, live)
    if canary.phase is Phase.PROMOTING:
        return _promoted(canary)
    if canary.phase is Phase.FAILED:
        return f"{BY_ITSELF} {BLUE_FIRST if live is LiveSide.GREEN else ANOTHER}"
    return AFTER[canary.phase].format(ways=" and Config value" if has_configs(canary) else "")


def _verdict(canary: Canary, live: LiveSide) -> str:
    if canary.skip_analysis and canary.phase in ANALYSING:
        return "Green is promoted at the next tick at which its pods are ready."
    back = "users are led back to blue" if live in (LiveSide.GREEN, LiveSide.SPLIT) else "users stay on blue"
    failed = f"After {canary.threshold} failed check{'' if canary.threshold == 1 else 's'} it is Failed, and {back}."
    if canary.phase is Phase.WAITING_PROMOTION:
        return f"{_confirmed(canary, live)} {failed}"
    return f"{_passed(canary, live)} {failed}"


def _confirmed(canary: Canary, live: LiveSide) -> str:
    moved = canary.strategy is Strategy.BLUE_GREEN and live is not LiveSide.GREEN and canary.provider != "kubernetes"
    return (
        f"Once the hook confirms it, {'all users move to green, and then ' if moved else ''}blue gets the new version."
    )


def _passed(canary: Canary, live: LiveSide) -> str:
    if canary.strategy is Strategy.CANARY:
        return f"After the last step, {weights_of(canary)[-1]} % of the users, blue gets the new version (Promoting)."
    if canary.strategy is Strategy.BLUE_GREEN and live is LiveSide.GREEN:
        return "When that check is passed, blue gets the new version (Promoting)."
    passed = f"After {canary.iterations_wanted} iterations"
    if canary.strategy is Strategy.AB_TESTING or canary.provider == "kubernetes":
        return f"{passed} blue gets the new version (Promoting)."
    return f"{passed} all users move to green; when that is checked too, blue gets the new version (Promoting)."


def _promoted(canary: Canary) -> str:
    back = "" if canary.provider == "kubernetes" else ", and users go back to it"
    return f"Finalising, once all of blue's pods are ready{back}. If they do not become ready in time, it is Failed."
