"""An interpreter and a folder go in; a small signed app for macOS, which the microphone can be granted to, comes out.

macOS grants the microphone to a signed identity with a usage string, and a Python of its own has none: started by
launchd it is given silence, and nobody is asked (facts A). So there is an app of three files: Info.plist, a copy of the
interpreter, the signature. The program itself stays outside: an ad-hoc signature is a hash of what is in the app, and
one changed byte would be a new app, without the permission.
"""

import hashlib
import plistlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import files
from assistant.errors import ServiceError
from assistant.service.interpreter import Interpreter
from assistant.service.macho import changes, links
from assistant.service.runner import Done, Run

IDENTIFIER = "local.voice-assistant"
"""of the app and of its service; `tccutil reset Microphone` and launchctl know us by it"""

NAME = "Assistant"

USAGE = "Assistant listens for what you say to it. What it hears is understood on this Mac, and never leaves it."

_EXECUTABLE = "Contents/MacOS/assistant"

_REGISTER = "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an app is made of; paths are relative to it."""

    files: Mapping[str, bytes]
    copies: Mapping[str, Path]
    """executables, and what they are copies of"""
    relinked: Sequence[str]
    """options of install_name_tool for the executable, three words each; empty: none are needed"""


def executable(app: Path) -> Path:
    """What launchd starts."""
    return app / _EXECUTABLE


def planned(python: Interpreter, content: bytes) -> Bundle:
    """The app for *python*, whose binary holds *content*. Raises ServiceError for a Python that cannot be copied."""
    return Bundle(
        files={"Contents/Info.plist": plistlib.dumps(info())},
        copies={_EXECUTABLE: python.binary},
        relinked=changes(links(content), python.binary, python.home, Path.exists),
    )


def info() -> dict[str, object]:
    """Info.plist, by the keys of Apple's Information Property List. The versions are the app's, not the program's."""
    return {
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleName": NAME,
        "CFBundleDisplayName": NAME,
        "CFBundleExecutable": Path(_EXECUTABLE).name,
        "CFBundlePackageType": "APPL",
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleShortVersionString": "1.0",
        "CFBundleVersion": "1",
        "LSMinimumSystemVersion": "14.0",
        "LSUIElement": True,  # neither Dock nor menu bar
        "NSMicrophoneUsageDescription": USAGE,
    }


def digest(bundle: Bundle, python: Interpreter, content: bytes) -> str:
    """What an app was made of: as long as that is the same it need not be made anew, and asked about anew.

    A framework's shell may be of an earlier patch release than the framework: then its *content* does not count, nor
    what it called its libraries before it was relinked, since Homebrew has the patch release in that name.
    """
    relinked = bundle.relinked[2::3] if python.framework else bundle.relinked
    of = [*sorted(bundle.files.items()), ("home", bytes(python.home)), ("links", repr(list(relinked)).encode())]
    if not python.framework:
        of.append(("binary", content))
    whole = hashlib.sha256()
    for name, part in of:
        whole.update(f"{name} {len(part)}\n".encode())
        whole.update(part)
    return whole.hexdigest()


def relink(app: Path, bundle: Bundle) -> list[str]:
    """The command after which the executable finds its libraries from inside of *app*."""
    return ["/usr/bin/install_name_tool", *bundle.relinked, str(executable(app))]


def sign(app: Path) -> list[str]:
    """Ad hoc (`-`), over the whole app: what the linker signs has no Info.plist bound, and asks at each start."""
    return ["/usr/bin/codesign", "--force", "--sign", "-", "--identifier", IDENTIFIER, str(app)]


def verify(app: Path) -> list[str]:
    """The command that tells whether *app* is signed, and as it was signed."""
    return ["/usr/bin/codesign", "--verify", "--strict", str(app)]


def register(app: Path, *, gone: bool = False) -> list[str]:
    """The command after which LaunchServices knows *app* (or, *gone*, does not)."""
    return [_REGISTER, "-u" if gone else "-f", str(app)]


def forget_permission() -> list[str]:
    """The command after which macOS asks again whether we may hear the microphone."""
    return ["/usr/bin/tccutil", "reset", "Microphone", IDENTIFIER]


def build(app: Path, python: Interpreter, stamp: Path, run: Run) -> bool:
    """Make *app*, unless it is there and whole; whether it was made, so that macOS will ask for the microphone.

    *stamp* remembers what it was made of. Raises ServiceError; what was there before is left as it was then.
    """
    try:
        content = python.binary.read_bytes()
        bundle = planned(python, content)
        made_of = digest(bundle, python, content)
        if stamp.is_file() and stamp.read_text() == made_of and _starts(app, python, run).code == 0:
            return False
        fresh = _unfinished(app)
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            _lay_out(fresh, bundle)
            _finish(fresh, bundle, python, run)
            _put_in_place(fresh, app, stamp, made_of)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)  # it is there only where something failed
    except OSError as error:
        raise ServiceError(f"{app} cannot be made: {error.strerror} ({error.filename}).") from error
    run(register(app))
    # What macOS remembers under this name is of the app that was: the Settings would go on to show it as allowed while
    # this one is refused (VacuumTube#235, wx-cli#48).
    run(forget_permission())
    return True


def remove(app: Path, stamp: Path, run: Run) -> None:
    """Take away what `build` made, and give the microphone's permission back."""
    if app.exists():
        run(forget_permission())  # needs the app: by its name alone macOS knows none
        run(register(app, gone=True))
    for folder in (app, _unfinished(app), _aside(app)):
        shutil.rmtree(folder, ignore_errors=True)
    stamp.unlink(missing_ok=True)


def _unfinished(app: Path) -> Path:
    return app.with_name(f".{app.name}")


def _aside(app: Path) -> Path:
    """Where *app* waits until another has taken its place."""
    return app.with_name(f".{app.name}.before")


def _put_in_place(fresh: Path, app: Path, stamp: Path, made_of: str) -> None:
    """Have *fresh* be *app*, and *stamp* say so. Raises OSError, and then app and stamp are what they were."""
    aside = _aside(app)
    shutil.rmtree(aside, ignore_errors=True)
    if app.exists():
        app.rename(aside)
    try:
        fresh.rename(app)
        files.replaced(stamp, made_of)
    except BaseException:
        shutil.rmtree(app, ignore_errors=True)
        if aside.exists():
            aside.rename(app)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _lay_out(app: Path, bundle: Bundle) -> None:
    for name, content in bundle.files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_bytes(content)
    for name, source in bundle.copies.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        # Its content alone: with its attributes a quarantine would come along.
        shutil.copyfile(source, app / name)
        (app / name).chmod(0o755)


def _finish(app: Path, bundle: Bundle, python: Interpreter, run: Run) -> None:
    """Relink, sign, and start it once. Raises ServiceError at the first step that fails."""
    if bundle.relinked and (done := run(relink(app, bundle))).code:
        raise ServiceError(
            f"The Python in {python.home} cannot be put into an app ({done.said}). If the developer tools are missing:"
            " xcode-select --install. Else use Homebrew's Python or python.org's for this program."
        )
    if (done := run(sign(app))).code:
        raise ServiceError(f"{app} cannot be signed, and without that macOS gives it no microphone: {done.said}.")
    if (done := _starts(app, python, run)).code:
        raise ServiceError(f"The copy of {python.binary} in {app} does not start this program: {done.said}.")


def _starts(app: Path, python: Interpreter, run: Run) -> Done:
    """How it ends to start the program by *app*, if that is as it was signed."""
    done = run(verify(app))
    return done if done.code else run(python.of_a_copy(executable(app), "--version"), python.environ())
