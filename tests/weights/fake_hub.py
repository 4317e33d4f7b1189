"""A hub on this computer: speaks what huggingface.co does of paths-info and resolve, and fails as it is told to.

Left out: all else the hub can do, TLS, and the other host that it sends one to for large files (but see `elsewhere`).
"""

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from assistant.weights.catalog import Model


@dataclass
class Fault:
    """How one request goes wrong; the next is answered well."""

    status: int = 0
    """instead of an answer"""
    headers: dict = field(default_factory=dict)
    cut_after: int | None = None
    """bytes of the answer, behind which the connection is closed"""
    whole: bool = False
    """the answer is all of the file, although a part was asked for"""
    content: bytes | None = None
    """the file is another one this time"""
    body: bytes = b""
    """of an answer that is no file"""


@dataclass
class FakeHub:
    """What it has, what shall go wrong, and what was asked of it."""

    files: dict = field(default_factory=dict)
    """content by path"""
    small: set = field(default_factory=set)
    """paths of those that git has itself"""
    faults: list = field(default_factory=list)
    """for the next requests of a file, in order"""
    refusals: list = field(default_factory=list)
    """for the next requests of what is known, in order"""
    elsewhere: str = ""
    """an address that files are to be had from instead"""
    asked: list = field(default_factory=list)
    """(method, path, Range, Authorization) of each request"""
    address: str = ""

    def info(self, path):
        content = self.files[path]
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        info = {"type": "file", "path": path, "size": len(content), "oid": git}
        if path not in self.small:
            info["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return info

    @property
    def ranges(self):
        """What was asked of files, in order."""
        return [part for method, _, part, _ in self.asked if method == "GET"]


@contextmanager
def running(hub):
    """*hub* at an address of its own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub = hub
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def model(name, hub, kind="chat", **more):
    """A model of the catalog with the files that *hub* has, of which nothing more is known."""
    files = [{"path": path} for path in hub.files]
    entry = {"name": name, "kind": kind, "about": "", "repository": "someone/something", "revision": "0" * 40}
    return Model.model_validate(entry | {"licence": "MIT", "language": "en", "files": files} | more)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer takes 40 ms

    @property
    def hub(self):
        return self.server.hub

    def log_message(self, *_):
        """Nobody reads it."""

    def do_POST(self):
        self._note()
        wanted = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["paths"]
        if self.hub.refusals:
            fault = self.hub.refusals.pop(0)
            self._answer(fault.status, fault.body, fault.headers)
            return
        known = [self.hub.info(path) for path in wanted if path in self.hub.files]
        self._answer(200, json.dumps(known).encode())

    def do_GET(self):
        self._note()
        fault = self.hub.faults.pop(0) if self.hub.faults else Fault()
        if fault.status:
            self._answer(fault.status, b"", fault.headers)
        elif self.hub.elsewhere:
            self._answer(302, b"", {"Location": self.hub.elsewhere + self.path})
        else:
            self._send(fault)

    def _send(self, fault):
        path = self.path.split("/resolve/")[1].split("/", 1)[1]
        content = self.hub.files[path] if fault.content is None else fault.content
        start = 0 if fault.whole else int((self.headers["Range"] or "bytes=0-")[len("bytes=") : -1])
        if start and start >= len(content):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        part = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self._answer(206 if start else 200, content[start:], part, fault.cut_after)

    def _answer(self, status, body, headers=(), cut_after=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut_after])
        if cut_after is not None:
            self.close_connection = True

    def _note(self):
        self.hub.asked.append((self.command, self.path, self.headers["Range"], self.headers["Authorization"]))
