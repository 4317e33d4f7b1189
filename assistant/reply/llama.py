"""Messages go in, the answer comes out piece by piece as llama.cpp writes it; gguf.py opens the model."""

import os
import time
from codecs import getincrementaldecoder
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.errors import EngineError, ModelError
from assistant.latency.marks import Marks
from assistant.pace import OWN, Pace
from assistant.reply.chat import Message
from assistant.reply.forced import CallWriter
from assistant.reply.gguf import Tokens, check, opened
from assistant.reply.lookup import Lookup
from assistant.reply.prompt import TOOL_CALLS, Prompt, common
from assistant.streams import in_thread

PREFILL_CHUNK = 128
"""Tokens read between two looks at whether anyone still wants the answer: about 1 s of a 24B model on an M2 Max
(138 tokens/s), while shorter chunks would not fill the GPU. llama.cpp itself cannot be stopped inside one."""

_IDLE = 30.0
"""seconds after which a model may have lost its memory: llama.cpp itself keeps it for 180 s on a Mac since December
2025 (llama.cpp#17766), before that it was one; a token read again is 10 ms on a GPU"""
STALLED_AFTER = 30.0
"""Seconds after which one step, a token or a chunk of the prompt, will not end any more: who reads a chunk more slowly
than that, 4 tokens a second, could not be talked with anyway."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float = 0.0
    """0 takes the likeliest; Mistral recommends 0.15 for Small 3 (its model card)"""
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    """these three are llama.cpp's own defaults (common/common.h), and cut only what is very unlikely"""
    max_tokens: int = 400
    """of one answer: about two minutes of speech, so hardly any but a model that runs in circles ever meets it"""


class Llama:
    """A loaded model and its KV cache. One worker thread owns both, so any number of callers may share it.

    Calls are meant to follow one another: a new answer takes the model over, and an older one that is still being
    read ends with EngineError.
    """

    def __init__(self, model: Any, prompt: Prompt, tokens: Tokens, sampling: Sampling) -> None:
        self.context = tokens.context
        self._model = model
        self._prompt = prompt
        self._tokens = tokens
        self._sampling = sampling
        self._owner: object = None
        self._used_at = time.monotonic()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llama")

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        context: int = 4096,
        threads: int = 0,
        gpu_layers: int = -1,
        seed: int = 0,
        temperature: float = 0.0,
        max_tokens: int = 400,
        pace: Pace = OWN,
    ) -> "Llama":
        """Load a GGUF file; *context* in tokens, *gpu_layers* -1 is all. Takes seconds for a large one.

        Raises ModelError when the file is missing, damaged, no language model, or none that was made for talking.
        """
        check(path)
        model = opened(path, context, threads or default_threads(os.cpu_count() or 1), gpu_layers, seed, pace)
        try:
            tokens = Tokens(model)
            template = model.metadata.get("tokenizer.chat_template")
            prompt = Prompt(template, tokens.vocabulary(), datetime.now().astimezone(), str(path))
        except ModelError:
            model.close()
            raise
        return cls(model, prompt, tokens, Sampling(temperature, max_tokens=max_tokens))

    def count(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> int:
        """How many tokens the model has to know before it answers; cheap where it was asked before."""
        return len(self._prompt.tokens(messages, tools))

    async def tokens(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], marks: Marks
    ) -> AsyncGenerator[str, None]:
        """The answer's text in pieces; a tool call stands behind TOOL_CALLS. It ends early where the context is full.

        Cancelling or closing stops it between two tokens, or two chunks of the prompt; what is in the cache by then
        stays useful. Raises EngineError when the messages do not fit the context, or llama.cpp fails.
        """
        prompt = self._prompt.tokens(messages, tools)
        async with aclosing(in_thread(self._answer(prompt, tools, marks), self._worker, STALLED_AFTER)) as pieces:
            async for piece in pieces:
                if piece:
                    yield piece

    async def read(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = (), said: str = "") -> int:
        """Read ahead what a prompt begins with in which the person's next message begins with *said*; how many tokens.

        Where nothing is new but the model has been idle for a while, one token is read again: macOS takes the memory
        of an idle GPU away, and giving it back takes a moment (llama.cpp#10119). An answer that begins meanwhile goes
        first, and this ends. Raises EngineError.
        """
        prompt = self._prompt.beginning(messages, tools, said)
        number = 0
        async with aclosing(in_thread(self._ahead(prompt), self._worker, STALLED_AFTER)) as chunks:
            async for chunk in chunks:
                number += chunk
        return number

    def warm_up(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> None:
        """Read *messages* (the system prompt) into the cache, so the first turn pays only for its own words.

        Blocks for as long as that takes. Raises EngineError.
        """
        prompt = self._prompt.beginning(messages, tools)
        self._worker.submit(self._read_and_try, prompt).result()

    def close(self) -> None:
        """Free the model; waits for the token in flight. Nothing may be called afterwards."""
        self._worker.submit(self._model.close).result()
        self._worker.shutdown()

    def _read_and_try(self, prompt: list[int]) -> None:
        # Two tokens behind the prompt's chunks: the first comes from the prompt, the second runs the single-token
        # kernels, which Metal compiles when they are first used.
        with closing(self._answer(prompt, (), Marks(lambda: 0.0))) as pieces:
            list(islice(pieces, len(prompt) // PREFILL_CHUNK + 3))

    def _answer(
        self, prompt: list[int], tools: Sequence[Mapping[str, Any]], marks: Marks
    ) -> Generator[str, None, None]:
        """Runs in the worker thread. An empty piece is only an occasion to stop."""
        if len(prompt) >= self.context:
            raise EngineError(
                f"The conversation is {len(prompt)} tokens long, and the model's context holds {self.context}: make"
                " reply.context larger, or reply.system shorter."
            )
        self._owner = owner = object()
        with self._translated():
            for _ in self._prefill(prompt, marks):
                yield ""
                self._still(owner)
            marks.stamp("prefill_done")
            with closing(self._written(prompt, CallWriter(TOOL_CALLS, tools), marks)) as pieces:
                for piece in pieces:
                    yield piece
                    self._still(owner)

    def _ahead(self, prompt: list[int]) -> Generator[int, None, None]:
        """Runs in the worker thread; gives how many tokens each step has read."""
        if len(prompt) >= self.context:
            return
        self._owner = owner = object()
        with self._translated():
            known = self._known(prompt)
            if known == len(prompt) and self._model.rewinds and time.monotonic() - self._used_at > _IDLE:
                known -= 1
            for chunk in self._evaluated(prompt, known) if known < len(prompt) else ():
                yield chunk
                if self._owner is not owner:
                    return

    def _prefill(self, prompt: list[int], marks: Marks) -> Iterator[None]:
        """Evaluate what the cache does not hold of *prompt*, in chunks."""
        known = self._known(prompt)
        if not known == len(prompt) == self._model.n_tokens:
            # The last token is evaluated anyway: sampling needs its logits, which are not kept.
            known = min(known, len(prompt) - 1)
        marks.count("tokens_reused", known)
        for chunk in self._evaluated(prompt, known):
            marks.count("tokens_evaluated", chunk)
            yield

    def _known(self, prompt: list[int]) -> int:
        """How many tokens of *prompt* the cache begins with; none where it holds more and cannot be cut back."""
        known = common(self._model.input_ids[: self._model.n_tokens].tolist(), prompt)
        if known < self._model.n_tokens and not self._model.rewinds:
            self._model.reset()
            return 0
        return known

    def _evaluated(self, prompt: list[int], known: int) -> Iterator[int]:
        """Read all but the *known* beginning of *prompt*, which the cache holds; gives how many at each step."""
        # Behind n_tokens the cache is void: eval clears it there first.
        self._model.n_tokens = known
        for start in range(known, len(prompt), PREFILL_CHUNK):
            chunk = prompt[start : start + PREFILL_CHUNK]
            self._model.eval(chunk)
            self._used_at = time.monotonic()
            yield len(chunk)

    def _written(self, prompt: list[int], call: CallWriter, marks: Marks) -> Generator[str, None, None]:
        """The answer in pieces, each a token and what must follow it in a call, up to its end or that of the room."""
        decoder = getincrementaldecoder("utf-8")("ignore")
        ids, forced, number = [*prompt], "", 0
        self._model.guess = Lookup(len(prompt)).guess
        passes = self._model.passes
        while True:
            with closing(self._generated(ids)) as tokens:
                for token in tokens:
                    ids.append(token)
                    number += 1
                    marks.stamp("first_token")
                    marks.count("tokens_generated", 1)
                    marks.count("passes", self._model.passes - passes)
                    passes = self._model.passes
                    piece = decoder.decode(self._tokens.piece(token))
                    forced = call.push(piece)
                    yield piece + forced
                    if call.done or number >= self._sampling.max_tokens:
                        return
                    if forced:
                        break
            if not forced:
                return
            # They are evaluated with the token before them, in one pass.
            ids += self._tokens.ids(forced)
            if call.example:
                self._model.guess = Lookup(len(prompt), self._tokens.ids(call.example)).guess
            forced = ""

    def _generated(self, ids: list[int]) -> Generator[int, None, None]:
        """New tokens behind *ids*, up to the end of the answer or of the context."""
        if len(ids) >= self.context:
            return
        how = self._sampling
        # What is in the cache is not evaluated again: of a prompt that is all of it.
        writing = self._model.write(ids, temp=how.temperature, top_k=how.top_k, top_p=how.top_p, min_p=how.min_p)
        with closing(writing) as tokens:
            for token in tokens:
                if self._tokens.ends(token):
                    return
                yield token
                # Asking for one more evaluates this one, which needs a place.
                if self._model.n_tokens >= self.context:
                    return

    def _still(self, owner: object) -> None:
        if self._owner is not owner:
            raise EngineError("A newer answer took the model over.")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, ValueError, OSError) as error:
            # What the cache holds now is unknown.
            self._model.reset()
            raise EngineError(f"The language model failed: {error}.") from error


def default_threads(cores: int) -> int:
    """Threads for the CPU's share: half the cores, at most 4.

    Every thread waits for the slowest one at each layer, so one that shares its core with Whisper, Piper or a browser
    holds up all (measured on 2 busy cores: one thread per core was 27 times slower than one thread). A Mac's other
    half are efficiency cores, and with Metal the CPU has next to nothing to do.
    """
    return max(1, min(4, cores // 2))
