"""Messages -> the text the chat model reads, as Mistral's markers; the same as a Jinja template for the GGUF (instant).

Every message only appends, so a longer conversation begins with the shorter one's text and a model's cache stays good.
"""

# ruff: noqa: SIM905 - a list of words reads best as words

import json

MARKERS = (
    "<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CALLS] "
    "<pad> [SYSTEM_PROMPT] [/SYSTEM_PROMPT]"
).split()
UNKNOWN, BEGIN, END, PAD = 0, 1, 2, 10

# Of the tools only the names: a model this small knows them by heart, so their schemas would be dead weight.
TEMPLATE = (
    "{{ bos_token }}"
    "{%- macro tool_names() -%}{% if tools %}[AVAILABLE_TOOLS]"
    "{% for t in tools %}{{ t.function.name }}{% if not loop.last %}, {% endif %}{% endfor %}"
    "[/AVAILABLE_TOOLS]{% endif %}{%- endmacro -%}"
    "{% if not messages or messages[0].role != 'system' %}{{ tool_names() }}{% endif %}"
    "{% for m in messages %}"
    "{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
    "{% if loop.first %}{{ tool_names() }}{% endif %}"
    "{% elif m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{% elif m.role == 'tool' %}[TOOL_RESULTS]{\"content\": {{ m.content | tojson }}}[/TOOL_RESULTS]"
    "{% elif m.tool_calls is defined and m.tool_calls %}[TOOL_CALLS]["
    '{% for t in m.tool_calls %}{"name": {{ t.function.name | tojson }}, '
    '"arguments": {{ t.function.arguments | tojson }}}{% if not loop.last %}, {% endif %}{% endfor %}]</s>'
    "{% else %}{{ m.content }}</s>{% endif %}"
    "{% endfor %}"
)


def call_text(name: str, arguments: dict) -> str:
    """What stands between [TOOL_CALLS] and </s>."""
    return json.dumps([{"name": name, "arguments": arguments}], ensure_ascii=False)


def pieces(messages: list[dict], tools: list[str]) -> list[str]:
    """The beginning, then one text per message; joined they are what the template renders."""
    names = "[AVAILABLE_TOOLS]" + ", ".join(tools) + "[/AVAILABLE_TOOLS]" if tools else ""
    texts = [piece(message) for message in messages]
    if messages and messages[0]["role"] == "system":
        return ["<s>", texts[0] + names, *texts[1:]]
    return ["<s>" + names, *texts]


def piece(message: dict) -> str:
    """One message as text."""
    role, content = message["role"], message.get("content") or ""
    if role == "system":
        return f"[SYSTEM_PROMPT]{content}[/SYSTEM_PROMPT]"
    if role == "user":
        return f"[INST]{content}[/INST]"
    if role == "tool":
        return f"[TOOL_RESULTS]{json.dumps({'content': content}, ensure_ascii=False)}[/TOOL_RESULTS]"
    if message.get("tool_calls"):
        function = message["tool_calls"][0]["function"]
        return "[TOOL_CALLS]" + call_text(function["name"], function["arguments"]) + "</s>"
    return content + "</s>"
