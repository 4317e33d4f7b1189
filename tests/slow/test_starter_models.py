# ruff: noqa: SIM905 - a list of words reads best as words
import difflib
import json
import wave
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "recordings"
SAID = {
    "question": "what is the capital of france",
    "timer": "set a timer for twelve minutes",
    "story": "tell me a story",
    "sum": "what is forty seven plus thirty eight",
    "shopping": "add milk and bread to the shopping list",
    "yes": "yes",
    "stop": "stop",
    "hello": "hello",
    "help": "help",
}
HELD_OUT = {
    "variant": "read me my grocery list",
    "two": "cancel the pizza timer what is the capital of peru",
    "another_voice": "tell me the capital of france",
}
CASES = json.loads((ROOT / "tests" / "slow" / "data" / "starter_requests.json").read_text())
TOOLS = (
    "get_time get_date calculate set_timer cancel_timer timer_left add_to_list remove_from_list clear_list read_list"
).split()


@pytest.fixture(scope="module")
def recognizer():
    faster_whisper = pytest.importorskip("faster_whisper")
    folder = ROOT / "models" / "starter" / "whisper"
    return faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


@pytest.fixture(scope="module")
def chat():
    llama_cpp = pytest.importorskip("llama_cpp")
    model = llama_cpp.Llama(str(ROOT / "models" / "starter" / "chat.gguf"), n_ctx=4096, n_threads=1, verbose=False)
    yield model
    model.close()


@pytest.mark.parametrize("name", SAID)
def test_the_recognizer_hears_each_recorded_question(recognizer, name):
    """Word for word, so that the tests built on these recordings stand on firm ground."""
    assert _heard(recognizer, name) == SAID[name]


@pytest.mark.parametrize("name", HELD_OUT)
def test_the_recognizer_hears_most_words_of_sentences_and_voices_it_was_not_trained_on(recognizer, name):
    """All of them when it was made; two sentences in one clip, and a voice of another synthesiser, among them."""
    heard = _heard(recognizer, name).split()
    wanted = HELD_OUT[name].split()
    alike = difflib.SequenceMatcher(None, wanted, heard, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in alike) >= 0.7 * len(wanted)
    assert len(heard) <= len(wanted) + 1


@pytest.mark.parametrize("name", ["silence", "noise", "hum", "clicks"])
def test_the_recognizer_hears_nothing_in(recognizer, name):
    """A quiet, hissing or humming room is not a request, nor is typing."""
    assert _heard(recognizer, name) == ""


@pytest.mark.parametrize("name", ["hum", "clicks"])
def test_the_recognizer_hears_nothing_behind_the_voice_filter_in(recognizer, name):
    """Mains hum and typing are kept out by the voice filter in front."""
    assert _heard(recognizer, name, vad=True) == ""


def test_the_chat_model_does_the_right_thing_with_as_many_held_out_requests_as_it_did_when_made(chat):
    """Exactly the right sentence, or the same tool with the same arguments: 38 of 40, and no fewer than 35."""
    right = [_right(_complete(chat, case["messages"]), case["wanted"]) for case in CASES]
    assert sum(right) >= 35


def test_the_chat_model_does_so_at_the_end_of_a_long_conversation(chat):
    """Behind as much as the program lets one become: 19 of 20 when it was made, and no fewer than 17."""
    system, *_ = CASES[0]["messages"]
    talks = [case for case in CASES if len(case["messages"]) > 2]
    past = [message for case in (*talks, *talks[:8]) for message in _answered(case)]
    late = [case["messages"][-1] for case in CASES if case["what"] == "held-out requests"]
    wanted = [case["wanted"] for case in CASES if case["what"] == "held-out requests"]
    long = [system, *past]
    assert 2000 < len(_tokens(chat, long)) < 3072
    right = [_right(_complete(chat, [*long, asked]), answer) for asked, answer in zip(late, wanted, strict=True)]
    assert sum(right) >= 17


def test_the_chat_model_tells_a_story_long_enough_to_interrupt(chat):
    """Several sentences: the program's streaming is shown with them."""
    assert len(_complete(chat, [{"role": "user", "content": "tell me a story"}]).split()) > 60


def test_the_voice_speaks_at_its_own_rate_and_is_loud_enough():
    """A sentence takes a second or two and is not silence."""
    piper = pytest.importorskip("piper")
    voice = piper.PiperVoice.load(ROOT / "voices" / "starter" / "starter.onnx")
    audio = np.concatenate([chunk.audio_float_array for chunk in voice.synthesize("The time is half past four.")])
    assert 0.8 < len(audio) / voice.config.sample_rate < 4
    assert np.abs(audio).max() > 0.1


def _heard(recognizer, name, *, vad=False):
    with wave.open(str(RECORDINGS / f"{name}.wav")) as file:
        audio = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    segments, _ = recognizer.transcribe(audio, language="en", beam_size=1, without_timestamps=True, vad_filter=vad)
    return " ".join(segment.text.strip() for segment in segments)


def _answered(case):
    """What is said and done in it, but for the system's message."""
    *said, last = case["messages"][1:]
    return said if last["role"] == "user" else [*said, last, {"role": "assistant", "content": case["wanted"]}]


def _complete(chat, messages):
    return chat.create_completion(_tokens(chat, messages), temperature=0, max_tokens=200)["choices"][0]["text"]


def _tokens(chat, messages):
    names = "[AVAILABLE_TOOLS]" + ", ".join(TOOLS) + "[/AVAILABLE_TOOLS]"
    text = "<s>" + ("" if messages[0]["role"] == "system" else names)
    for message in messages:
        text += _piece(message) + (names if message["role"] == "system" else "")
    return chat.tokenize(text.encode(), add_bos=False, special=True)


def _piece(message):
    content = message["content"]
    if message.get("tool_calls"):
        function = message["tool_calls"][0]["function"]
        call = {"name": function["name"], "arguments": function["arguments"]}
        return f"[TOOL_CALLS]{json.dumps([call], ensure_ascii=False)}</s>"
    if message["role"] == "tool":
        return f"[TOOL_RESULTS]{json.dumps({'content': content}, ensure_ascii=False)}[/TOOL_RESULTS]"
    marked = {"system": "[SYSTEM_PROMPT]{}[/SYSTEM_PROMPT]", "user": "[INST]{}[/INST]", "assistant": "{}</s>"}
    return marked[message["role"]].format(content)


def _right(said, wanted):
    if isinstance(wanted, str):
        return said == wanted
    try:
        return json.loads(said) == wanted
    except ValueError:
        return False
