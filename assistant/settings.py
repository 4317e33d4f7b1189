"""Every setting: its default, its unit, its limits and its reason. config.py fills them in."""

import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SYSTEM = (
    "You are a voice assistant running on this computer. What you write is spoken aloud: answer in one or two"
    " short sentences of plain words, without markup. Use a tool when one helps."
)


def at_home(path: str) -> str:
    """*path* with `~` expanded."""
    return os.path.expanduser(path)  # noqa: PTH111 - pathlib's raises where there is no such user


Place = Annotated[str, AfterValidator(at_home)]
"""`starter`, a name of the catalog or a path, `~` expanded; what is relative begins where the program is started."""

HomePath = Annotated[Path, AfterValidator(lambda path: Path(at_home(str(path))))]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listen(_Section):
    """From sound to words."""

    microphone: str = Field(
        default="",
        coerce_numbers_to_str=True,
        description="part of the microphone's name or its number; empty: the system's default",
    )
    headset_microphone: bool = Field(
        default=False,
        description="hear by a Bluetooth headset where it is the default; it then plays like a telephone, so the"
        " built-in microphone is taken else",
    )
    whisper: Place = Field(
        default="starter",
        description="Whisper model: a name (`assistant models list`), a folder in CTranslate2's format, or starter",
    )
    language: str = Field(
        default="en",
        pattern="^[a-z]{2,3}$",
        examples=["en"],
        description="ISO 639 code of what is spoken, as in en or de",
    )
    vad_mode: int = Field(
        default=2, ge=0, le=3, description="webrtcvad's strictness; 3 drops soft speech, 0 wakes Silero on every noise"
    )
    speech_threshold: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Silero's probability from which sound is speech; 0.5 is its authors' default",
    )
    above_noise_db: float = Field(
        default=5.0,
        ge=0,
        le=30,
        description="dB above the room's noise from which sound may be speech; a fan strays by 4, a soft voice has 10",
    )
    start_ms: int = Field(
        default=60,
        ge=20,
        le=1000,
        description="ms of speech that begin a turn; shorter is a click, longer loses short words",
    )
    pre_roll_ms: int = Field(
        default=300, ge=0, le=2000, description="ms kept from before the start: soft first consonants are noticed late"
    )
    pause_ms: int = Field(
        default=100, ge=40, le=500, description="ms of silence after which we begin to find out whether a turn is over"
    )
    patience_sure_ms: int = Field(
        default=180, ge=100, le=5000, description="ms of silence that end a turn which surely is complete"
    )
    patience_likely_ms: int = Field(
        default=300, ge=100, le=5000, description="ms of silence that end a turn which is likely complete"
    )
    patience_ms: int = Field(
        default=740,
        ge=100,
        le=5000,
        description="ms of silence that end a turn of which nobody can tell; a pause for thought is half a second",
    )
    patience_open_ms: int = Field(
        default=1200, ge=100, le=5000, description="ms of silence that end a turn which sounds as if it went on"
    )
    learn_patience: bool = Field(
        default=False, description="fit the patience to your own pauses; only their lengths are kept, on this disk"
    )
    pauses: HomePath = Field(
        default_factory=lambda: platformdirs.user_data_path("assistant") / "pauses.json",
        description="file of the lengths of your pauses, where they are learned; `assistant forget-pauses` deletes it",
    )
    longest_s: int = Field(
        default=30, ge=1, le=30, description="s after which a turn ends anyway: Whisper hears 30 s at once"
    )
    turn_model: Place = Field(
        default="auto",
        description="smart-turn, which hears whether a turn is over: a name, an ONNX file, or auto: if there is one",
    )
    mode: Literal["open", "wake", "push"] = Field(
        default="open", description="when it listens: always, after a wake word, or after a key (Enter)"
    )
    wake_words: str = Field(
        default="hey jarvis", description="wake words for that mode, with commas between; or paths of their models"
    )
    wake_sensitivity: float = Field(
        default=0.5, ge=0, le=1, description="how readily it wakes; 0.5 is what the models' authors advise"
    )
    follow_up_s: float = Field(
        default=8.0, ge=0, le=600, description="s after an answer in which no wake word is needed"
    )
    earcons: bool = Field(default=True, description="a soft sound on waking and another on going to sleep")
    barge_in: bool = Field(
        default=True, description="speaking interrupts the answer; else only words like stop and the wake word do"
    )
    echo_control: bool = Field(
        default=True, description="take our own voice out of the microphone; needless with headphones"
    )


class Reply(_Section):
    """From words to words."""

    model: Place = Field(
        default="starter",
        description="chat model: a name (`assistant models list`), a GGUF file with a chat template, or starter",
    )
    system: str = Field(
        default=SYSTEM, description="what the model is told about itself; short, since it is read at the start"
    )
    context: int = Field(
        default=4096,
        ge=512,
        le=131072,
        description="tokens it remembers; Mistral Small needs 160 KiB of memory for each",
    )
    max_tokens: int = Field(
        default=400,
        ge=1,
        le=8192,
        description="tokens of one answer at most; 400 are two minutes of speech, long enough",
    )
    temperature: float = Field(
        default=0.0,
        ge=0,
        le=2,
        description="0 takes the likeliest word, as the starter needs; for Mistral Small 3, 0.15 is advised",
    )
    speculate: bool = Field(
        default=True, description="begin to answer at every pause, unheard; kept if they were done, else thrown away"
    )
    prefill: bool = Field(
        default=True, description="read what they say while they speak, so that the answer need not wait for that"
    )
    gpu_layers: int = Field(
        default=-1, ge=-1, le=1000, description="layers on the GPU, -1 is all: one left out slows every token"
    )
    tools: bool = Field(default=True, description="the model may use the clock, the calculator, timers and the list")
    shopping_list: HomePath = Field(
        default_factory=lambda: platformdirs.user_data_path("assistant") / "shopping-list.txt",
        description="file of the shopping list; in the platform's folder for data, so that backups find it",
    )


class Speak(_Section):
    """From words to sound."""

    loudspeaker: str = Field(
        default="",
        coerce_numbers_to_str=True,
        description="part of the loudspeaker's name or its number; empty: the system's default",
    )
    voice: Place = Field(
        default="starter",
        description="Piper voice: a name (`assistant models list`), an .onnx with its .onnx.json beside it, or starter",
    )


class Engine(_Section):
    """What all engines share."""

    threads: int = Field(
        default=0, ge=0, le=256, description="threads for each engine; 0 chooses: slow cores only hold up fast ones"
    )
    pace: Literal["own", "m2-max"] = Field(
        default="own",
        description="for development: slows each engine to an M2 Max with Mistral Small 24B, to see a Mac's schedule",
    )


class Models(_Section):
    """Where fetched models are."""

    folder: HomePath = Field(
        default_factory=lambda: platformdirs.user_data_path("assistant") / "models",
        description="folder that `assistant models pull` fetches to; on another disk, if this one is small",
    )


class Latency(_Section):
    """What is kept of how long answers took."""

    journal: bool = Field(
        default=True,
        description="keep the times of each turn on this disk for `assistant latency`; never what was said",
    )
    folder: HomePath = Field(
        default_factory=lambda: platformdirs.user_log_path("assistant"),
        description="folder of those times, turns.jsonl and up to 3 older files, 4 MB in all",
    )
    target_ms: int = Field(
        default=1500,
        ge=100,
        le=60_000,
        description="ms that an answer may take to sound; where most take longer, something is done without",
    )
    save: Literal["none", "window", "drafts", "speculation", "answer"] = Field(
        default="speculation",
        description="how far that may go: nothing, the recogniser's window, also drafts, second guesses, long answers",
    )


class Service(_Section):
    """The assistant that runs, for the commands that speak to it."""

    folder: HomePath = Field(
        default_factory=lambda: platformdirs.user_state_path("assistant") / "run",
        description="folder of its control socket and of whether it is muted; one assistant runs for each",
    )


class Log(_Section):
    """What is written to standard error, and by `assistant serve` to a file as well."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="least severe event that is logged on standard error"
    )
    folder: HomePath = Field(
        default_factory=lambda: platformdirs.user_log_path("assistant"),
        description="folder of assistant.log, where `assistant serve` logs from info on; 5 MB with its older files",
    )
    words: bool = Field(
        default=False, description="log what is said as well, and tell it to `assistant events`; else nothing keeps it"
    )


class Config(_Section):
    """Everything that can be set."""

    listen: Listen = Field(default_factory=Listen)
    reply: Reply = Field(default_factory=Reply)
    speak: Speak = Speak()
    engine: Engine = Engine()
    models: Models = Field(default_factory=Models)
    latency: Latency = Field(default_factory=Latency)
    service: Service = Field(default_factory=Service)
    log: Log = Field(default_factory=Log)
