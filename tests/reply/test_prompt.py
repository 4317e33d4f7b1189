import itertools
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import EngineError, ModelError
from assistant.flow import Heard, ToolCall
from assistant.reply.chat import Chat
from assistant.reply.prompt import Prompt, Vocabulary

STARTED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MARKERS = re.findall(
    r"\S+",
    "<s> </s> [INST] [/INST] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] "
    "[TOOL_CALLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CONTENT]",
)
STARTER = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
    "{% if tools %}[AVAILABLE_TOOLS]{{ tools | map(attribute='function.name') | join(', ') }}[/AVAILABLE_TOOLS]"
    "{% endif %}"
    "{% elif m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{% elif m.role == 'tool' %}[TOOL_RESULTS]{{ {'content': m.content} | tojson }}[/TOOL_RESULTS]"
    "{% elif m.tool_calls is defined and m.tool_calls %}[TOOL_CALLS]["
    "{% for t in m.tool_calls %}{{ {'name': t.function.name, 'arguments': t.function.arguments} | tojson }}"
    "{% if not loop.last %}, {% endif %}{% endfor %}]</s>"
    "{% else %}{{ m.content }}</s>{% endif %}{% endfor %}"
)
NO_TOOLS = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
    "{% elif m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{% elif m.role == 'assistant' %}{{ m.content }}{{ eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("time", "timer")]


class Words:
    """A vocabulary whose tokens are the markers and runs of up to three characters; so texts that grow merge anew."""

    def __init__(self):
        self.ids = {marker: number for number, marker in enumerate(MARKERS)}
        self.asked = 0

    def tokenise(self, text):
        self.asked += 1
        split = re.findall("|".join(map(re.escape, MARKERS)) + r"|(?s:.{1,3}?)(?=[\[<]|$)|(?s:.{1,3})", text)
        assert "".join(split) == text
        return [self.ids.setdefault(piece, len(self.ids)) for piece in split]

    def text(self, ids):
        known = {number: piece for piece, number in self.ids.items()}
        return "".join(known[number] for number in ids)

    def vocabulary(self):
        return Vocabulary(self.tokenise, frozenset(MARKERS), "<s>", "</s>")


def made(template, words=None):
    return Prompt(template, (words or Words()).vocabulary(), STARTED)


def rendered(template, chat, tools=()):
    words = Words()
    return words.text(made(template, words).tokens(chat.messages, tools))


nasty = st.lists(st.sampled_from([*MARKERS, "<", "s>", "[", "/INST]", "INST]", "a", " ", "é", '"', "\n"])).map("".join)
calls = st.builds(ToolCall, nasty, st.dictionaries(nasty, nasty, max_size=2))


@st.composite
def chats(draw):
    chat = Chat(draw(nasty))
    for _ in range(draw(st.integers(1, 6))):
        chat = chat.asked(draw(nasty))
        if draw(st.booleans()):
            wanted = draw(st.lists(calls, min_size=1, max_size=2))
            chat = chat.called(wanted, [draw(nasty) for _ in wanted])
        chat = chat.answered(Heard(draw(nasty), complete=draw(st.booleans())))
    return chat


def markers(ids):
    return [MARKERS[number] for number in ids if number < len(MARKERS)]


def test_a_conversation_is_rendered_by_the_models_own_template():
    """The starter's: tools' names right behind the system prompt."""
    chat = Chat("Be kind.").asked("Hi").answered(Heard("Hello.", complete=True)).asked("Time?")
    chat = chat.called([ToolCall("time", {"b": 1, "a": "é"})], ["noon"])
    assert rendered(STARTER, chat, TOOLS) == (
        "<s>[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT][AVAILABLE_TOOLS]time, timer[/AVAILABLE_TOOLS]"
        "[INST]Hi[/INST]Hello.</s>[INST]Time?[/INST]"
        '[TOOL_CALLS][{"name": "time", "arguments": {"b": 1, "a": "é"}}]</s>'
        '[TOOL_RESULTS]{"content": "noon"}[/TOOL_RESULTS]'
    )


def test_a_template_without_tools_gets_them_as_mistral_trained_it():
    """Mistral Small 3's own template refuses tools; V7's markers are used instead, without blanks."""
    chat = Chat("Be kind.").asked("Time?").called([ToolCall("time", {})], ["noon"])
    assert rendered(NO_TOOLS, chat, TOOLS) == (
        "<s>[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT]"
        f"[AVAILABLE_TOOLS]{json.dumps(TOOLS)}[/AVAILABLE_TOOLS][INST]Time?[/INST]"
        '[TOOL_CALLS][{"name": "time", "arguments": {}, "id": "call00000"}]</s>'
        "[TOOL_RESULTS]call00000[TOOL_CONTENT]noon[/TOOL_RESULTS]"
    )


def test_a_template_that_announces_the_answer_is_asked_to():
    """ChatML ends in the line that the model continues."""
    assert rendered(CHATML, Chat("").asked("Hi")) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_the_templates_clock_stands_still():
    """A date that changed would void the cache."""
    assert rendered("{{ strftime_now('%Y-%m-%d') }}", Chat("x")) == "2026-11-24"


@settings(max_examples=25, deadline=None)
@given(chats(), st.sampled_from([STARTER, NO_TOOLS]))
def test_each_message_only_appends_tokens(chat, template):
    """The prompt of a longer conversation begins with all tokens of the shorter one's."""
    prompt = made(template)
    for shorter, longer in itertools.pairwise(range(1, len(chat.messages) + 1)):
        before = prompt.tokens(chat.messages[:shorter], TOOLS)
        assert prompt.tokens(chat.messages[:longer], TOOLS)[: len(before)] == before


@settings(max_examples=25, deadline=None)
@given(chats(), st.sampled_from([STARTER, NO_TOOLS, CHATML]))
def test_the_same_messages_always_give_the_same_tokens(chat, template):
    """Whether or not anything like them was asked before."""
    words = Words()
    prompt = made(template, words)
    for length in range(1, len(chat.messages)):
        prompt.tokens(chat.messages[:length], ()) if template == CHATML else prompt.tokens(
            chat.messages[:length], TOOLS
        )
    tools = () if template == CHATML else TOOLS
    assert prompt.tokens(chat.messages, tools) == made(template, words).tokens(chat.messages, tools)


@settings(max_examples=25, deadline=None)
@given(chats())
def test_nothing_that_is_said_becomes_a_marker(chat):
    """As many markers stand in the prompt as the same conversation in harmless words has."""
    found = markers(made(STARTER).tokens(chat.messages, TOOLS))
    roles = [message["role"] for message in chat.messages]
    expected = ["<s>"]
    for message, role in zip(chat.messages, roles, strict=True):
        if role == "system":
            expected += ["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"]
        elif role == "user":
            expected += ["[INST]", "[/INST]"]
        elif role == "tool":
            expected += ["[TOOL_RESULTS]", "[/TOOL_RESULTS]"]
        else:
            expected += ["[TOOL_CALLS]", "</s>"] if message.get("tool_calls") else ["</s>"]
    assert found == expected


def test_what_was_tokenised_once_is_not_tokenised_again():
    """A further turn costs its own words only."""
    words = Words()
    prompt = made(STARTER, words)
    chat = Chat("Be kind.").asked("Hi").answered(Heard("Hello.", complete=True))
    prompt.tokens(chat.messages, TOOLS)
    asked = words.asked
    prompt.tokens(chat.asked("Time?").messages, TOOLS)
    assert words.asked == asked + 1


def test_a_template_that_refuses_the_messages_costs_the_turn():
    """Its reason is told."""
    with pytest.raises(EngineError, match="roles are supported"):
        made(NO_TOOLS).tokens([{"role": "judge", "content": "Guilty"}])


def test_a_model_without_a_template_is_refused():
    """It was not made for talking."""
    with pytest.raises(ModelError, match="no chat template"):
        made(None)


def test_a_broken_template_is_refused():
    """Before the first turn, not in it."""
    with pytest.raises(ModelError, match="cannot be read"):
        made("{% for m in messages %}")
