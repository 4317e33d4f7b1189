"""A computer and the catalog go in; which profiles can be had on it, and which one is advised, come out. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.setup.machine import Machine
from assistant.weights.catalog import ENGLISH, MANY, STARTER, Catalog, Model, Profile
from assistant.weights.fetch import SPARE_BYTES
from assistant.weights.sizes import fits, size

ON_A_PROCESSOR_GB = 8
"""GiB: profiles for computers larger than that have language models that a processor alone is too slow for: of a 24B
model 14 GB are read for each token, 4 times a second at the 50 GB/s of a usual computer, and each 100 tokens of a
question take 5 TFLOP before (calculated, not measured)"""

MODEL_KEYS = ("listen.whisper", "listen.turn_model", "reply.model", "speak.voice")
"""the settings that a profile is"""


@dataclass(frozen=True, slots=True)
class Offer:
    """One profile, as it would be here."""

    profile: Profile
    missing: tuple[Model, ...]
    """what has to be fetched"""
    memory: int
    """bytes that the program needs with it"""
    obstacle: str = ""
    """why it cannot be had here, in words; "" where it can"""

    @property
    def name(self) -> str:
        """The profile's."""
        return self.profile.name

    @property
    def to_fetch(self) -> int:
        """Bytes."""
        return sum(model.bytes for model in self.missing)


def offers(known: Catalog, machine: Machine, here: Collection[str], context: int, language: str) -> list[Offer]:
    """All profiles; *here* are the names of models that need not be fetched.

    *context* is what the settings say, *language* what somebody speaks, who may have been asked just now.
    """
    made = []
    for profile in known.profiles.values():
        models = known.chosen(profile.names)
        missing = tuple(model for model in models if model.name not in here)
        offer = Offer(profile, missing, known.memory(profile, context))
        spoken = known.models[profile.whisper].language if profile.whisper in known.models else language
        made.append(Offer(profile, missing, offer.memory, _obstacle(offer, machine, spoken, language)))
    return made


def advised(made: Sequence[Offer], known: Catalog, machine: Machine, language: str) -> tuple[Offer, str]:
    """The offer to take for who speaks *language*, and why, in a sentence; the starter must be among *made*."""
    most = known.recommended(machine.memory)
    meant = [offer for offer in made if offer.profile.memory_gb <= most.memory_gb]
    doubts = {offer.name: offer.obstacle or _doubt(offer.profile, machine, language) for offer in meant}
    good = [offer for offer in meant if not doubts[offer.name]]
    # Where nothing is good the starter is what runs: somebody may speak English to it.
    best = max(good or [one for one in made if one.name == STARTER], key=lambda offer: offer.profile.memory_gb)
    whys = [f"{name} {doubt}" for name, doubt in doubts.items() if doubt]
    so = f"of those meant for {size(machine.memory)} of memory it is the most capable{' here' if whys else ''}"
    return best, "; ".join([so if good else "nothing else can be had here", *whys])


def own(models: Mapping[str, object], *known: Catalog) -> bool:
    """Whether *models*, the values of MODEL_KEYS in somebody's settings, are their own, and no profile of *known*."""
    profiles = (one.settings(profile) for one in known for profile in one.profiles.values())
    return not any(all(profile.get(key, models[key]) == models[key] for key in MODEL_KEYS) for profile in profiles)


def settings(profile: Profile, known: Catalog, now: Mapping[str, object], temperature: float) -> dict[str, object]:
    """What has to be set for *profile*; *now* are the values of MODEL_KEYS, *temperature* is the default one.

    What was advised for another language model is no advice for this one.
    """
    wanted = known.settings(profile)
    return wanted if wanted["reply.model"] == now["reply.model"] else {"reply.temperature": temperature} | wanted


def rows(made: Sequence[Offer]) -> Iterator[tuple[str, str, str, str]]:
    """For a table: name, what is to be fetched, memory, what it is for or why it cannot be had."""
    for offer in made:
        about = f"cannot be had: {offer.obstacle}" if offer.obstacle else offer.profile.about
        yield offer.name, size(offer.to_fetch) if offer.missing else "nothing", size(offer.memory), about


def _obstacle(offer: Offer, machine: Machine, spoken: str, language: str) -> str:
    if offer.name == STARTER:
        return ""  # it is here, and runs anywhere
    if not fits(offer.memory, machine.memory):
        return f"needs {size(offer.memory)} of memory, more than two thirds of {size(machine.memory)}"
    needed = offer.to_fetch + SPARE_BYTES
    if offer.missing and needed > machine.free:
        return f"needs {size(needed)} of disk, and {size(machine.free)} are free"
    if spoken not in {language, MANY}:
        return f"understands {spoken}, and you speak {language}"
    return ""


def _doubt(profile: Profile, machine: Machine, language: str) -> str:
    if profile.name == STARTER:
        return "" if language == ENGLISH else "knows English alone"
    if machine.gpu or profile.memory_gb <= ON_A_PROCESSOR_GB:
        return ""
    return "has a language model that is too slow to talk with where only the processor computes"
