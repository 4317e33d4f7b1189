"""Step "models": the computer and a person's wish go in; a profile is chosen, and all models of it are here."""

from functools import partial

from assistant.config import value
from assistant.errors import AwayError, FetchError
from assistant.settings import Config
from assistant.setup import languages, offers
from assistant.setup.guide import Guide
from assistant.setup.machine import Machine, lines, look
from assistant.setup.offers import MODEL_KEYS, Offer
from assistant.setup.person import UnfinishedError, WrongAnswerError, one_of, yes_or_no
from assistant.weights.catalog import ENGLISH, STARTER, Catalog
from assistant.weights.disk import check_here
from assistant.weights.sizes import size

KEEP = "keep"
"""the answer that leaves the models as they are"""
_WITH_MODELS = ("listening", "rehearsal")
"""steps that say nothing any more where the models have changed"""


def models(guide: Guide) -> str:
    """Say what this computer is and which profile fits it, and have one chosen and fetched. Raises UnfinishedError."""
    config = guide.config()
    try:
        check_here(guide.store().folder)
    except AwayError as error:  # nothing is asked: all that may be on it would be fetched once more
        raise UnfinishedError(str(error)) from error
    machine = look(config.models.folder)
    for line in lines(machine):
        guide.person.tell(line)
    language = _language(guide)
    known = guide.known.on(machine.memory).speaking(language)
    made = _offers(guide, known, machine, language)
    guide.person.table(("profile", "to fetch", "memory", "for"), offers.rows(made))
    wanted = _wanted(guide, made, known, machine, language)
    if wanted is None:
        if language != (kept := config.listen.language):
            guide.person.tell(f"listen.language stays {kept}, too; your settings can say {language}.")
        return "kept as they were"
    _fetch(guide, wanted)
    now = {key: value(guide.in_file(), key) for key in MODEL_KEYS}
    chosen = offers.settings(wanted.profile, known, now, Config().reply.temperature)
    # With the models, not before them: in another language those that were set would be of no use.
    chosen["listen.language"] = ENGLISH if wanted.name == STARTER else language
    if any(value(config, key) != chosen.get(key, value(config, key)) for key in (*MODEL_KEYS, "listen.language")):
        guide.reopen(*_WITH_MODELS)
    guide.choose(chosen)
    return wanted.name


def still_here(guide: Guide, note: str) -> bool:
    """Whether what the finished step came to is still so: somebody may have removed models since."""
    config, known, store = guide.config(), guide.known.models, guide.store()
    names = (str(value(config, key)) for key in MODEL_KEYS)
    return note not in guide.known.profiles or all(store.find(known[name]) for name in names if name in known)


def _language(guide: Guide) -> str:
    """What is spoken: by it the models are chosen."""
    default = guide.language()
    language = default
    if guide.person.present:
        voiced = sorted({model.language for model in guide.known.models.values() if model.kind == "voice"})
        question = f"Which language do you speak to it? (with a voice: {', '.join(voiced)}) [{default}]"
        language = guide.person.ask(question, partial(languages.code, default=default))
    else:
        guide.person.tell(f"The language is {language}: listen.language sets another one.")
    if unspoken := guide.known.unspoken(language):
        guide.person.tell(unspoken)
    return language


def _offers(guide: Guide, known: Catalog, machine: Machine, language: str) -> list[Offer]:
    store = guide.store()
    here = {name for name, model in known.models.items() if store.find(model)}
    return offers.offers(known, machine, here, guide.config().reply.context, language)


def _wanted(guide: Guide, made: list[Offer], known: Catalog, machine: Machine, language: str) -> Offer | None:
    """The offer that is taken; None: the models stay as they are."""
    best, why = offers.advised(made, known, machine, language)
    guide.person.tell(f"I advise {best.name}: {why}.")
    default = best.name
    config = guide.config()
    before = guide.known.speaking(config.listen.language)
    if offers.own({key: value(config, key) for key in MODEL_KEYS}, known, before, before.on(machine.memory)):
        guide.person.tell("Your settings name models of your own, so they stay unless you choose a profile.")
        default = KEEP
    by_name = {offer.name: offer for offer in made}
    if not guide.person.present:
        return by_name.get(default)
    question = f"Which profile, or keep the models as they are? ({', '.join([*by_name, KEEP])}) [{default}]"
    while True:
        name = guide.person.ask(question, partial(_named, by_name=by_name, default=default))
        if name == KEEP or _agreed(guide, by_name[name]):
            return by_name.get(name)


def _named(text: str, by_name: dict[str, Offer], default: str) -> str:
    name = one_of(text, [*by_name, KEEP], default)
    if name != KEEP and (obstacle := by_name[name].obstacle):
        raise WrongAnswerError(f"{name} cannot be had here: it {obstacle}. Take another one.")
    return name


def _agreed(guide: Guide, offer: Offer) -> bool:
    """Whether what *offer* needs may be fetched."""
    _tell_what_is_missing(guide, offer)
    if not offer.missing:
        return True
    question = f"Fetch {size(offer.to_fetch)} from huggingface.co into {guide.store().folder}? [yes]"
    return guide.person.ask(question, yes_or_no)


def _tell_what_is_missing(guide: Guide, offer: Offer) -> None:
    for model in offer.missing:
        about = "" if model.exact else "about "
        guide.person.tell(f"  {model.name}: {about}{size(model.bytes)}, licence: {model.licence}")


def _fetch(guide: Guide, offer: Offer) -> None:
    if not guide.person.present:
        _tell_what_is_missing(guide, offer)
    for model in offer.missing:
        try:
            guide.fetch(model)
        except FetchError as error:
            config = guide.config()
            stays = ", ".join(dict.fromkeys((config.listen.whisper, config.reply.model, config.speak.voice)))
            raise UnfinishedError(f"{error} Until then the models stay as they are set: {stays}.") from error
        guide.person.tell(f"{model.name}: fetched and verified")
