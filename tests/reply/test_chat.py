from hypothesis import given
from hypothesis import strategies as st

from assistant.flow import Heard, ToolCall
from assistant.reply.chat import Chat

SYSTEM = {"role": "system", "content": "You are kind."}
KIND = Chat("You are kind.")

words = st.text(min_size=1).filter(str.strip)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("asked"), words),
        st.tuples(st.just("called"), st.integers(1, 3)),
        st.tuples(st.just("answered"), st.builds(Heard, st.text(), st.booleans())),
    ),
    max_size=30,
)


def talked(steps, chat=KIND):
    for step, what in steps:
        if step == "asked":
            chat = chat.asked(what)
        elif step == "called":
            chat = chat.called([ToolCall("time", {})] * what, ["noon"] * what)
        else:
            chat = chat.answered(what)
    return chat


def characters(messages):
    return sum(len(message["content"]) for message in messages)


def test_a_conversation_reads_in_the_order_it_happened():
    """System message, question, answer."""
    chat = KIND.asked("Who are you?").answered(Heard("A friend.", complete=True))
    assert chat.messages == [
        SYSTEM,
        {"role": "user", "content": "Who are you?"},
        {"role": "assistant", "content": "A friend."},
    ]


def test_without_a_system_text_there_is_no_system_message():
    """An empty one would only cost tokens."""
    assert Chat("").asked("Hello").messages == [{"role": "user", "content": "Hello"}]


def test_an_answer_that_never_sounded_is_not_remembered():
    """The person does not know of it."""
    asked = KIND.asked("Well?")
    assert asked.answered(Heard("", complete=False)) == asked


def test_an_interrupted_answer_ends_in_an_ellipsis():
    """The model sees that it was cut off."""
    chat = KIND.asked("Tell me a story").answered(Heard("Once upon", complete=False))
    assert chat.messages[-1]["content"] == "Once upon …"


def test_each_result_names_its_call():
    """The ids of a call and of its result are the same, in order."""
    calls = [ToolCall("time", {}), ToolCall("timer", {"seconds": 5})]
    _, asked, told, other = KIND.called(calls, ["noon", "set"]).messages
    assert [call["id"] for call in asked["tool_calls"]] == [told["tool_call_id"], other["tool_call_id"]]
    assert asked["tool_calls"][1]["function"] == {"name": "timer", "arguments": {"seconds": 5}}
    assert (told["content"], other["content"]) == ("noon", "set")


@given(steps)
def test_every_call_has_its_own_id_of_nine_alphanumerics(steps):
    """Mistral's template refuses others."""
    ids = [call["id"] for message in talked(steps).messages for call in message.get("tool_calls", [])]
    assert len(ids) == len(set(ids))
    assert all(len(id_) == 9 and id_.isascii() and id_.isalnum() for id_ in ids)


@given(steps)
def test_taking_a_step_only_appends(steps):
    """Earlier messages never change: the model's cache depends on it."""
    for length in range(len(steps)):
        shorter, longer = talked(steps[:length]).messages, talked(steps[: length + 1]).messages
        assert longer[: len(shorter)] == shorter


@given(steps, st.integers(0, 200))
def test_what_is_kept_is_the_system_message_and_the_latest_turns(steps, budget):
    """What was forgotten is a beginning, and no tool's result is kept without its call."""
    chat = talked(steps)
    kept = chat.fitted(budget, characters)
    assert kept.messages[0] == SYSTEM
    assert kept.past == chat.past[len(chat.past) - len(kept.past) :]
    assert kept == chat or not kept.past or kept.past[0]["role"] == "user"


@given(steps, st.integers(0, 200))
def test_what_is_kept_fits_unless_a_single_turn_is_too_long(steps, budget):
    """And after forgetting there is room for many turns more."""
    chat = talked(steps)
    kept = chat.fitted(budget, characters)
    turns = sum(message["role"] == "user" for message in kept.past[1:])
    assert kept == chat or not turns or characters(kept.messages) <= budget // 2


@given(steps)
def test_what_fits_is_left_alone(steps):
    """Forgetting costs the cache, so it is not done for nothing."""
    chat = talked(steps)
    assert chat.fitted(characters(chat.messages), characters) is chat
