"""A model of the catalog goes in; what huggingface.co states of its files comes out, and their bytes from any position.

The only importer of huggingface_hub, and of httpx2, which that talks through. Of the hub library are used addresses
and log-in, but not its download: since version 2 that begins anew after every cut. Nor its connections: they obey
HF_HUB_OFFLINE, which whisper.py sets and which is read once, at import; some wait for ever; and their headers have the
hub asked, and told, which program is running them. Ours ask for the files of the catalog and for nothing else.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from assistant import __version__
from assistant.errors import FetchError
from assistant.weights.catalog import Model
from assistant.weights.digest import Expected

if TYPE_CHECKING:
    from httpx2 import Client, Response

TIMEOUT_S = 15.0
"""without an answer or a byte, after which a connection is taken for dead; the hub library gives downloads 10"""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that say: later. 429 is too much at once, the others are troubles of a server."""


_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""variables that may hold a log-in, the first of them first, as the hub library reads them"""


class InterruptedFetch(Exception):  # noqa: N818 - not an error yet: fetch.py goes on where it was
    """The connection was refused, cut or throttled; what happened is its text."""

    def __init__(self, what: str, *, wait_s: float | None = None, answered: bool = True) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        """how long the hub asks us to wait, if it does"""
        self.answered = answered
        """False: nobody was reached at all"""


class NotThatFarError(Exception):
    """The hub has no bytes at the position asked for (416): what is here does not belong to what it has."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file, and where in it they belong."""

    position: int
    content: bytes


class Source(Protocol):
    """Where models come from."""

    def stated(self, model: Model) -> Mapping[str, Expected]:
        """What every file of *model* is said to be, by its path there. Raises FetchError, InterruptedFetch."""

    def pieces(self, model: Model, path: str, start: int) -> Generator[Piece]:
        """The file from byte *start* on, or from 0 if the server cannot; to be closed when left early.

        Raises FetchError, InterruptedFetch, NotThatFarError.
        """


class Hub:
    """huggingface.co, or what *endpoint* or HF_ENDPOINT put in its place."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint

    def stated(self, model: Model) -> Mapping[str, Expected]:
        """See Source."""
        base = self._endpoint or _endpoint()
        paths = [file.path for file in model.files]
        with _translated(model):
            address = f"{base}/api/models/{model.repository}/paths-info/{model.revision}"
            response = self._client.post(address, data={"paths": paths}, headers=_headers())
            response.raise_for_status()
        stated = _read(response)
        if missing := [path for path in paths if path not in stated]:
            raise FetchError(_gone(model, missing[0]))
        return stated

    def pieces(self, model: Model, path: str, start: int) -> Generator[Piece]:
        """See Source."""
        from huggingface_hub import hf_hub_url

        address = hf_hub_url(model.repository, path, revision=model.revision, endpoint=self._endpoint)
        # Uncompressed: positions and sizes are those of the file itself.
        headers = _headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with _translated(model), self._client.stream("GET", address, headers=headers) as response:
            response.raise_for_status()
            position = _position(response)
            # As they come: gathered into pieces of one size, those before a cut would be lost.
            for content in response.iter_bytes():
                yield Piece(position, content)
                position += len(content)

    def close(self) -> None:
        """Close what is open; it opens anew when it is asked again."""
        if (client := self.__dict__.pop("_client", None)) is not None:
            client.close()

    @cached_property
    def _client(self) -> "Client":
        import httpx2

        try:
            return httpx2.Client(follow_redirects=True, timeout=TIMEOUT_S)
        except OSError as error:
            raise FetchError(
                "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read"
                f" ({error.strerror or error}): correct or unset them, and type it again."
            ) from error


def refused(model: Model, status: int, code: str) -> str:
    """The sentence for an answer of *status*, with the hub's own *code*; it says 401 of what does not exist, too."""
    page = f"https://huggingface.co/{model.repository}"
    again = f"set HF_TOKEN to a token of yours, and type `assistant models pull {model.name}` again."
    if code == "GatedRepo" or status == HTTPStatus.FORBIDDEN:
        return f"{model.name} is given only to those who accepted its terms: do that at {page}, {again}"
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            f"The hub does not give {model.name} to strangers, or no longer has it: look at {page}; if it is there,"
            f" {again}"
        )
    if status == HTTPStatus.NOT_FOUND:
        return _gone(model, "what is known of it")
    return f"The hub refused {model.name} ({status}): try later, or take another model (`assistant models list`)."


def _gone(model: Model, what: str) -> str:
    return (
        f"The hub has no longer {what} of {model.name} at {model.repository}: take another model"
        " (`assistant models list`), or name one that you have by its path."
    )


@contextmanager
def _translated(model: Model) -> Iterator[None]:
    """Turn what the libraries raise into errors of ours."""
    import httpx2

    try:
        yield
    except (ImportError, ValueError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        # ImportError: what httpx2 needs for SOCKS is no part of this program, and its advice is for developers.
        why = "SOCKS is not known here" if isinstance(error, ImportError) else error
        raise FetchError(
            f"{model.name} cannot be fetched by the proxy, or from the hub, that this shell names ({why}): correct or"
            " unset ALL_PROXY, HTTPS_PROXY, HTTP_PROXY or HF_ENDPOINT, and type it again."
        ) from error
    except httpx2.HTTPStatusError as error:
        raise _refusal(model, error.response) from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise InterruptedFetch(f"no connection ({error})", answered=False) from error
    except httpx2.HTTPError as error:
        raise InterruptedFetch(f"the connection was cut ({error or type(error).__name__})") from error


def _refusal(model: Model, response: "Response") -> Exception:
    """What a refusing answer means."""
    status = response.status_code
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return NotThatFarError()
    if status in PASSING:
        return InterruptedFetch(f"it answered {status}", wait_s=_wait_s(response))
    return FetchError(refused(model, status, response.headers.get("X-Error-Code", "")))


def _wait_s(response: "Response") -> float | None:
    """Seconds after which the hub wants to be asked again, if it says so: by its own header, or by the web's."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    limit = parse_ratelimit_headers(response.headers)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else None


def _endpoint() -> str:
    """The hub's address. Raises FetchError where its library does not like what the shell sets for it."""
    try:
        from huggingface_hub import constants
    except ValueError as error:
        raise FetchError(
            f"HF_HUB_ETAG_TIMEOUT or HF_HUB_DOWNLOAD_TIMEOUT is no whole number ({error}): correct or unset it, and"
            " type it again."
        ) from error
    return constants.ENDPOINT


def _headers() -> dict[str, str]:
    """Who we are, and the person's own log-in, if there is one; httpx2 takes that off where it is sent elsewhere."""
    token = _token()
    return {"User-Agent": f"assistant/{__version__}"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _token() -> str | None:
    """The log-in of HF_TOKEN, or of `hf auth login`. Raises FetchError where it can be none; never with what it is."""
    from huggingface_hub import constants, get_token
    from huggingface_hub.errors import OIDCError

    ours = next((name for name in _TOKENS if os.environ.get(name)), f"the file {constants.HF_TOKEN_PATH}")
    try:
        token = get_token()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise FetchError(_no_token(ours, f"cannot be read ({why or type(error).__name__})")) from error
    except OIDCError as error:
        raise FetchError(_no_token("HF_OIDC_RESOURCE", "gives no token here")) from error
    # Others would fail in a header, where the error is thought to be the proxy's, or quotes it.
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise FetchError(_no_token(ours, "holds signs that are in no token: those are letters, digits and _"))
    return token


def _no_token(place: str, why: str) -> str:
    return f"The log-in for huggingface.co in {place} {why}: correct it or take it away, and type it again."


def _read(response: "Response") -> dict[str, Expected]:
    """What the hub's answer says of files."""
    try:
        return {one["path"]: _expected(one) for one in response.json() if one["type"] == "file"}
    except (ValueError, KeyError, TypeError) as error:
        raise InterruptedFetch("its answer was not understood") from error


def _expected(stated: Mapping[str, Any]) -> Expected:
    # What is large is kept apart from git, under its SHA-256; of the small ones the name of the blob is a hash.
    if large := stated.get("lfs"):
        return Expected(int(large["size"]), sha256=str(large["oid"]))
    return Expected(int(stated["size"]), git_sha1=str(stated["oid"]))


def _position(response: "Response") -> int:
    """Where the bytes of an answer begin: a server may send all of it although asked for a part."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    # "bytes 42-99/100"
    first = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    if not first.isdigit():
        raise InterruptedFetch("it answered with a part, but not with which")
    return int(first)
