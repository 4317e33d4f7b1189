"""A GGUF file goes in; llama.cpp's model and its vocabulary come out. The only importer of llama_cpp."""

import ctypes
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from assistant.errors import ModelError
from assistant.pace import Pace, lasting
from assistant.reply.prompt import TOOL_CALLS, Vocabulary, common

AT_ONCE = 11
"""tokens that a pass takes in the time of one, for it waits for the weights: on an M2 Max with a 24B model, which
writes 12.4 tokens/s and reads 138. A guess that makes a pass longer than that costs time where it is wrong"""
_LONGEST_PIECE = 512
"""Bytes: tekken's longest tokens are runs of blanks of about 200."""
_NO_CACHE = "create llama_context"
"""what llama_cpp says where the weights were read and the cache, or what a pass needs, could not be allocated"""
_loading = Lock()


def check(path: Path) -> None:
    """Raises ModelError for what can be told without llama.cpp, which tells it in pages."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist: choose another model, or fetch this one.") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if magic != b"GGUF":
        raise ModelError(f"{path} is not a GGUF file, which a language model must be.")


def opened(path: Path, context: int, threads: int, gpu_layers: int, seed: int, pace: Pace) -> Any:
    """Load the file into llama.cpp, which is kept quiet. Raises ModelError.

    *context* is in tokens, *gpu_layers* as in reply.gpu_layers (-1: all); *seed* is of what a temperature draws.
    """
    import llama_cpp

    llama_cpp.llama_log_set(_silence(), ctypes.c_void_p(0))
    try:
        with _loading, _standard_streams_untouched():
            model = _model(pace)(
                str(path),
                n_ctx=context,
                n_batch=512,
                n_threads=threads,
                # Not the library's default of all cores: see default_threads.
                n_threads_batch=threads,
                n_gpu_layers=gpu_layers,
                # Less memory and time on a GPU (on Metal since 2024); on a CPU it gains nothing.
                flash_attn=llama_cpp.llama_supports_gpu_offload(),
                # A sliding window would let go of tokens that the next turn still needs.
                swa_full=True,
                seed=seed,
                verbose=False,
            )
            state = model.model
            kept = llama_cpp.llama_model_is_recurrent(state) or llama_cpp.llama_model_is_hybrid(state)
            model.rewinds = not kept
            return model
    except (ValueError, RuntimeError, OSError, AssertionError) as error:
        why = "it is incomplete, damaged or larger than the memory"
        if _NO_CACHE in str(error):  # it could be read, so it is whole
            why = f"there is no room in the memory for what reply.context = {context} wants beside it"
        raise ModelError(f"{path} cannot be loaded: {why}.") from error


@dataclass(frozen=True, slots=True)
class Device:
    """What llama.cpp can compute on."""

    name: str
    """"CPU", "Metal", "CUDA0", ..., as it calls itself"""
    memory: int
    """bytes a program may have of it: of Metal, what macOS lets the GPU hold at once (recommendedMaxWorkingSetSize)"""


def devices() -> list[Device]:
    """All of them, in llama.cpp's order, the processor as well. Raises ModelError where it cannot be asked."""
    try:
        from llama_cpp._ggml import libggml as library

        library.ggml_backend_dev_count.restype = ctypes.c_size_t
        library.ggml_backend_dev_get.restype = ctypes.c_void_p
        library.ggml_backend_dev_name.restype = ctypes.c_char_p
        library.ggml_backend_dev_memory.restype = None
        found = [library.ggml_backend_dev_get(ctypes.c_size_t(i)) for i in range(library.ggml_backend_dev_count())]
        return [Device(_device_name(library, one), _device_memory(library, one)) for one in found]
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise ModelError(f"llama.cpp does not tell what it computes on: {error}.") from error


def offloads() -> bool:
    """Whether llama.cpp was built for a GPU, and can use one. Raises ModelError where it cannot be loaded."""
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(f"llama.cpp cannot be loaded: {error}.") from error
    return bool(llama_cpp.llama_supports_gpu_offload())


class Tokens:
    """A model's vocabulary: what its tokens read, and which of them mean something."""

    def __init__(self, model: Any) -> None:
        import llama_cpp

        self._lib = llama_cpp
        self._model = model
        self._vocab = llama_cpp.llama_model_get_vocab(model.model)
        self._buffer = ctypes.create_string_buffer(_LONGEST_PIECE)
        self._marked = dict(self._markers())
        # llama.cpp does not show it as text; what stands behind it is no speech, so it must be seen.
        self._tool_calls = next((token for token, text in self._marked.items() if text == TOOL_CALLS), None)
        # What a model was not trained on comes out garbled, however much room it is given.
        self.context: int = min(model.n_ctx(), llama_cpp.llama_model_n_ctx_train(model.model))

    def piece(self, token: int) -> bytes:
        """The token's text, perhaps only a part of a character; nothing for control tokens but TOOL_CALLS."""
        if token == self._tool_calls:
            return TOOL_CALLS.encode()
        length = self._lib.llama_token_to_piece(self._vocab, token, self._buffer, _LONGEST_PIECE, 0, False)
        return self._buffer.raw[: max(length, 0)]

    def ids(self, text: str) -> list[int]:
        """*text* as tokens; markers in it become their control tokens, and nothing is put before it."""
        return list(self._model.tokenize(text.encode(), add_bos=False, special=True))

    def ends(self, token: int) -> bool:
        """Whether an answer is over with this token."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def vocabulary(self) -> Vocabulary:
        """What a prompt needs of it."""
        return Vocabulary(
            tokenise=self.ids,
            markers=frozenset(self._marked.values()),
            bos=self._text(self._lib.llama_vocab_bos(self._vocab)),
            eos=self._text(self._lib.llama_vocab_eos(self._vocab)),
        )

    def _markers(self) -> Iterator[tuple[int, str]]:
        marking = self._lib.LLAMA_TOKEN_ATTR_CONTROL | self._lib.LLAMA_TOKEN_ATTR_UNKNOWN
        own = self._lib.LLAMA_TOKEN_ATTR_USER_DEFINED
        for token in range(self._lib.llama_vocab_n_tokens(self._vocab)):
            attributes = self._lib.llama_vocab_get_attr(self._vocab, token)
            # Some files mark their markers as user-defined, as others do runs of blanks, which are no markers.
            if attributes & marking or (attributes & own and self._text(token)[:1] in ("[", "<")):
                yield token, self._text(token)

    def _text(self, token: int) -> str:
        return str(self._lib.llama_vocab_get_text(self._vocab, token).decode()) if token >= 0 else ""


def _device_name(library: Any, device: int) -> str:
    return str(library.ggml_backend_dev_name(ctypes.c_void_p(device)).decode(errors="replace"))


def _device_memory(library: Any, device: int) -> int:
    free, total = ctypes.c_size_t(0), ctypes.c_size_t(0)
    library.ggml_backend_dev_memory(ctypes.c_void_p(device), ctypes.byref(free), ctypes.byref(total))
    return total.value


def _model(pace: Pace) -> Any:
    """llama_cpp's model, whose passes check what `guess` guesses, no faster than *pace*.

    The library can check drafts, but none in the first pass of a stretch, and it keeps the logits of all tokens for it,
    also of the prompt's: 512 times the whole vocabulary at each chunk. Here a pass has those that are looked at.
    """
    from llama_cpp import Llama as Model

    class Guessing(Model):  # type: ignore[misc]  # llama_cpp has no types
        guess: Callable[[Any], list[int]] | None = None
        """all tokens so far, (n,), to what may follow them"""
        passes = 0
        """over its weights, since it was opened"""
        rewinds = True
        """whether its cache can be cut back to fewer tokens: a recurrent model's state cannot"""

        def close(self) -> None:
            """Free it. A Mac would keep the memory of one that has computed nothing on its GPU (llama.cpp#25937)."""
            _used(self)
            super().close()

        def eval(self, tokens: Sequence[int]) -> None:
            """Read *tokens* behind the `n_tokens` that the cache holds."""
            self.passes += bool(tokens)
            with lasting(pace.evaluating(len(tokens))):
                super().eval(tokens)

        def write(self, ids: Sequence[int], **how: float) -> Generator[int, None, None]:
            """The tokens that follow *ids*, for ever, sampled as *how* says; of *ids* at most a batch is unread."""
            ids, sampler = [*ids], self._init_sampler(**how)
            known = common(self.input_ids[: self.n_tokens].tolist(), ids)
            guessed: list[int] = []
            if not known == len(ids) == self.n_tokens:  # then the logits behind them are there
                guessed = self._step(ids, min(known, len(ids) - 1))
            while True:
                for row in range(len(guessed) + 1):
                    token = sampler.sample(self._ctx, row - len(guessed) - 1)
                    ids.append(token)
                    yield token
                    if [token] != guessed[row : row + 1]:
                        break
                guessed = self._step(ids, len(ids) - 1)

        def _step(self, ids: list[int], known: int) -> list[int]:
            """Read *ids* behind the *known* ones, and a guess at what follows, which is given back."""
            self.n_tokens = known
            self.input_ids[known : len(ids)] = ids[known:]
            wanted = self.guess(self.input_ids[: len(ids)]) if self.guess is not None and self.rewinds else []
            guessed = wanted[: max(0, min(AT_ONCE - (len(ids) - known), self.n_ctx() - len(ids)))]
            tokens = ids[known:] + guessed
            self.passes += 1
            with lasting(pace.evaluating(len(tokens))):
                # As the library's eval, but with the logits of each token behind which another is sampled.
                self._ctx.kv_cache_seq_rm(-1, known, -1)
                self._batch.set_batch(batch=tokens, n_past=known, logits_all=False)
                for place in range(len(tokens) - len(guessed) - 1, len(tokens)):
                    self._batch.batch.logits[place] = True
                self._ctx.decode(self._batch)
            self.input_ids[known : known + len(tokens)] = tokens
            self.n_tokens += len(tokens)
            return guessed

    return Guessing


def _used(model: Any) -> None:
    """Have *model* compute something, if there is a GPU and it never has; nothing where its loading failed."""
    if model.passes or getattr(model, "_ctx", None) is None:
        return
    import llama_cpp

    if llama_cpp.llama_supports_gpu_offload():
        with suppress(RuntimeError):
            model.eval([0])


@contextmanager
def _standard_streams_untouched() -> Iterator[None]:
    """Keep llama_cpp from pointing the whole process's output at /dev/null while it loads.

    It does so to silence llama.cpp, which our log callback does already; what other threads print would be lost.
    """
    from llama_cpp import _internals

    theirs = _internals.suppress_stdout_stderr
    _internals.suppress_stdout_stderr = lambda disable: nullcontext()  # noqa: ARG005 - it is called by that name
    try:
        yield
    finally:
        _internals.suppress_stdout_stderr = theirs


_silent: list[Callable[..., None]] = []


def _silence() -> Callable[..., None]:
    """A log callback that drops everything; llama.cpp keeps its address for ever, so there must be one for ever."""
    import llama_cpp

    if not _silent:
        _silent.append(llama_cpp.llama_log_callback(lambda level, text, data: None))  # noqa: ARG005 - C's signature
    return _silent[0]
