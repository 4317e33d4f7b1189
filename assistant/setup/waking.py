"""Step "waking": a person's wish goes in; when to listen, and to which wake word, comes out, tried where it can be."""

from functools import partial

from assistant.devices import has
from assistant.errors import DeviceError, UsageError
from assistant.listen.microphone import Microphone
from assistant.listen.wake import WakeWords, listed
from assistant.moves import Mode
from assistant.service.lock import running_pid
from assistant.settings import Config
from assistant.setup import live
from assistant.setup.guide import Guide
from assistant.setup.person import WrongAnswerError, number, one_of
from assistant.weights.catalog import ENGLISH

_MODES = (
    (Mode.OPEN, "always: whatever is said is for me"),
    (Mode.WAKE, "after a wake word, like hey jarvis"),
    (Mode.PUSH, "after a key: Enter, or `assistant listen`"),
)


def waking(guide: Guide) -> str:
    """Have it chosen when to listen. Raises UnfinishedError, and in trying DeviceError never."""
    config = guide.config()
    mode, words = Mode(config.listen.mode), config.listen.wake_words
    if guide.person.present:
        mode, words = _chosen(guide, config)
    if mode is not Mode.WAKE:
        guide.choose({"listen.mode": mode.value})
        return _said(mode)
    guide.choose({"listen.mode": mode.value, "listen.wake_words": words})
    return f"after {words}"


def _chosen(guide: Guide, config: Config) -> tuple[Mode, str]:
    """What the person takes, and is content with."""
    guide.person.tell("When shall I listen?")
    if config.listen.language != ENGLISH:
        guide.person.tell(f"  (wake words are English phrases, also where listen.language is {config.listen.language})")
    modes = [mode for mode, _ in _MODES]
    while True:
        for place, mode in enumerate(modes):
            guide.person.tell(f"  {place}  {_said(mode)}")
        default = modes.index(Mode(config.listen.mode))
        read = partial(number, count=len(modes), default=default)
        mode = modes[guide.person.ask(f"Its number? [{default}]", read)]
        if mode is not Mode.WAKE:
            return mode, config.listen.wake_words
        if words := _word(guide, config):
            return mode, words


def _said(mode: Mode) -> str:
    return dict(_MODES)[mode]


def _word(guide: Guide, config: Config) -> str:
    """The wake words the person takes; "" where they would rather choose again, or there cannot be any."""
    usual, sensitivity = config.listen.wake_words, config.listen.wake_sensitivity
    try:
        WakeWords.load(listed(usual), sensitivity=sensitivity)
    except UsageError as error:
        guide.person.tell(str(error))  # the libraries are missing; or the word that is set is none
        if usual == Config().listen.wake_words:
            return ""
        usual = Config().listen.wake_words
    while True:
        words = guide.person.ask(f"Which wake word? [{usual}]", lambda text: _known(text or usual, sensitivity))
        match _tried(guide, config, words):
            case "keep":
                return words
            case "other":
                return ""


def _known(words: str, sensitivity: float) -> str:
    try:
        WakeWords.load(listed(words), sensitivity=sensitivity)
    except UsageError as error:
        raise WrongAnswerError(str(error)) from error
    return words.strip()


def _tried(guide: Guide, config: Config, words: str) -> str:
    """What the person wants after it has been tried: keep it, say it again or another word, or choose anew."""
    if (pid := running_pid(config.service.folder)) is not None:
        guide.person.tell(f"It is not tried now: the assistant in process {pid} would hear it, and answer.")
        return "keep"
    if not has("input", config.listen.microphone):
        guide.person.tell("There is no microphone to try it with.")
        return "keep"
    guide.person.tell(f"Say it now: {words}. I listen for {live.LISTENS_S:.0f} s.")
    listening = WakeWords.load(listed(words), sensitivity=config.listen.wake_sensitivity)
    try:
        with guide.person.level() as show:
            microphone = Microphone(config.listen.microphone, headset=config.listen.headset_microphone)
            heard = guide.live(live.wake_word(microphone, listening, show))
    except DeviceError as error:
        guide.person.tell(str(error))
        heard = None
    guide.person.tell(f"I heard {heard}." if heard else "I did not hear it.")
    default = "keep" if heard else "again"
    options = ("keep", "again", "other")
    return guide.person.ask(
        f"Keep it, again, or something other? [{default}]", partial(one_of, options=options, default=default)
    )
