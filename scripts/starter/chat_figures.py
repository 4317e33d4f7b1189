"""A chat GGUF -> how often it does exactly the right thing on requests it never saw (1-2 minutes).

    python chat_figures.py models/starter/chat.gguf
    python chat_figures.py --cases tests/slow/data/starter_requests.json    # 40 of them, for the test, without a model

Held out by the hash of the sentence; tool calls are compared as parsed JSON, sentences letter by letter.
"""

import collections
import json
import random
import sys

import chat_dialogs
import chat_format
import chat_results
import grammar
import jinja2
from ask import Call
from facts import FALLBACK, ONE_OFFS
from llama_cpp import Llama

FLOORS = {
    "held-out requests": 95,
    "one-off questions": 95,
    "in a conversation": 95,
    "late in a long one": 90,
    "copied results": 95,
    "out of domain": 90,
}


def write_cases(path: str) -> None:
    """The first 20 held-out requests, 4 conversations, 12 results to copy and 4 strange questions, as JSON."""
    wanted_of = {"held-out requests": 20, "in a conversation": 4, "copied results": 12, "out of domain": 4}
    rows = []
    for what, messages, wanted in _cases(random.Random(5), 60):
        if wanted_of.get(what, 0) > 0:
            wanted_of[what] -= 1
            answer = wanted if isinstance(wanted, str) else [{"name": wanted.name, "arguments": wanted.arguments}]
            rows.append({"what": what, "messages": messages, "wanted": answer})
    with open(path, "w") as file:  # noqa: PTH123 - one line
        json.dump(rows, file, indent=1, ensure_ascii=False)
    print(f"{len(rows)} cases in {path}")


def main(path: str) -> None:
    """Print one line per floor, the kinds that are missed most, and some misses."""
    figures(path, show=True)


def figures(path: str, *, show: bool = False, count: int = 400) -> list[tuple[str, float, float]]:
    """(what, percent right, floor) for each kind of request."""
    model = Llama(path, n_ctx=4096, n_threads=1, n_threads_batch=1, verbose=False)
    render = _renderer(model)
    right: dict[str, list[bool]] = collections.defaultdict(list)
    missed: list[str] = []
    for what, messages, wanted in _cases(random.Random(77), count):
        said = complete(model, render(messages))
        ok = same(said, wanted)
        right[what].append(ok)
        if not ok:
            missed.append(f"  {what}: {messages[-1]['content']!r} -> {said!r}, wanted {wanted!r}")
    rows = [(what, 100 * sum(oks) / len(oks), FLOORS[what]) for what, oks in right.items()]
    if show:
        print("\n".join(missed[:60]))
        for what, percent, floor in rows:
            print(
                f"{what:20s} {percent:5.1f} % of {len(right[what])} "
                f"(floor {floor} %) {'ok' if percent >= floor else 'BELOW'}"
            )
    return rows


def same(said: str, wanted: str | Call) -> bool:
    """The same sentence, or a call with the same name and arguments."""
    if isinstance(wanted, str):
        return said == wanted
    try:
        return json.loads(said) == [{"name": wanted.name, "arguments": wanted.arguments}]
    except ValueError:
        return False


def complete(model: Llama, text: str) -> str:
    """Greedy, up to the end of the message."""
    tokens = model.tokenize(text.encode(), add_bos=False, special=True)
    return model.create_completion(tokens, temperature=0, max_tokens=400)["choices"][0]["text"]


def _renderer(model: Llama):  # noqa: ANN202 - a function from messages to text
    environment = jinja2.Environment(autoescape=False)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    template = environment.from_string(model.metadata["tokenizer.chat_template"])
    tools = [{"type": "function", "function": {"name": name}} for name in chat_results.SUPPORTED]

    def render(messages: list[dict]) -> str:
        text = template.render(messages=messages, tools=tools, bos_token="<s>")
        assert text == "".join(chat_format.pieces(messages, list(chat_results.SUPPORTED)))
        return text

    return render


def _cases(r: random.Random, count: int):  # noqa: ANN202 - (what, messages, wanted) one by one
    system = {"role": "system", "content": chat_dialogs.SYSTEM}
    for _ in range(count):
        request = grammar.sample(r, held=True)
        yield "held-out requests", [system, _user(request, r)], request.answer
    for said, answer in ONE_OFFS.items():
        yield "one-off questions", [system, {"role": "user", "content": said}], answer
    for _ in range(count // 4):
        history = [message for _ in range(r.randint(1, 5)) for message, _ in chat_dialogs.turn(r)]
        request = grammar.sample(r, held=True)
        yield "in a conversation", [system, *history, _user(request, r)], request.answer
    for _ in range(count // 100):
        history = [message for _ in range(r.randint(50, 55)) for message, _ in chat_dialogs.turn(r)]
        for _ in range(25):
            request = grammar.sample(r, held=True)
            yield "late in a long one", [system, *history, _user(request, r)], request.answer
    for _ in range(count // 2):
        yield _copy_case(r, system)
    for _ in range(count // 4):
        request = chat_dialogs.out_of_domain(r, held=True)
        yield "out of domain", [system, _user(request, r)], FALLBACK


def _copy_case(r: random.Random, system: dict) -> tuple[str, list[dict], str]:
    kind = r.choice(["time", "date", "left", "read", "sums", "timer", "add", "remove"])
    request = grammar.sample(r, held=None, kinds=[kind])
    content, sentence = chat_results.result(request.answer, r, chat_dialogs.known_words())
    called = {"role": "assistant", "content": "", "tool_calls": [chat_dialogs.as_message(request.answer)]}
    return "copied results", [system, _user(request, r), called, {"role": "tool", "content": content}], sentence


def _user(request: grammar.Request, r: random.Random) -> dict:
    return {"role": "user", "content": chat_dialogs.written(request, r)}


if __name__ == "__main__":
    if sys.argv[1] == "--cases":
        write_cases(sys.argv[2])
    else:
        main(sys.argv[1])
