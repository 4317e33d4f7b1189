"""A Mac's tools, as others saw them behave (facts A): commands go in, exit codes come out, in virtual time.

Left out: everything the tools do to a real system, most of what they print, and people, who allow what is asked.
"""

import hashlib
import json
import os
import plistlib
from pathlib import Path

from assistant.service.runner import Done

UID = 501
DOMAIN = f"gui/{UID}"

PRINTED = """\
{target} = {{
	active count = 1
	path = {path}
	type = LaunchAgent
	state = {state}

	program = {program}
	arguments = {{
		{program}
	}}

	stdout path = /dev/null
	inherited environment = {{
		SSH_AUTH_SOCK => /private/tmp/com.apple.launchd/Listeners
	}}

	domain = {domain} [100005]
	minimum runtime = 10
	exit timeout = 10
	runs = {runs}
{pid}	immediate reason = speculative
	last {last}
{pended}
	spawn type = {spawn}
	jetsam priority = 40

	sockets = {{
		"local" = {{
			state = active
			active count = 1
		}}
	}}
}}
"""


class FakeMac:
    """Give it as `run`, and its `sleep` as the sleep."""

    def __init__(
        self,
        *,
        gone_after=3.0,
        busy_for=5.0,
        slips=0,
        pends=False,
        session=True,
        microphone=("granted", 900),
        answer_after=20.0,
    ):
        """After `bootout` the label is seen *gone_after* s longer, and `bootstrap` refuses *busy_for* s longer still.

        *slips*: how often it succeeds without effect. *pends*: it loads without starting. *microphone*: what the app
        reports *answer_after* s, which is how long a person takes; None: the app cannot be opened.
        """
        self.now = 0.0
        self.commands = []
        self.loaded = {}
        """by label: pid, runs, path, and when it will be gone"""
        self.enabled = set()
        self.signed = {}
        """by app: a hash of all that is in it"""
        self.permitted = set()
        self.spawn = "interactive (4)"
        self.states = iter(())
        """what it is said to be, each time it is asked and has a process; then it is running"""
        self.starts = iter(())
        """whether the app's executable starts, each time it is; then it does"""
        self._gone_after = gone_after
        self._busy_for = busy_for
        self._busy_until = 0.0
        self._slips = slips
        self._pends = pends
        self._session = session
        self._microphone = microphone
        self._answer_after = answer_after
        self._answers = []
        """when, where and what apps will report"""

    def sleep(self, seconds):
        self.now += seconds
        for when, file, text in self._answers:
            if when <= self.now:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        self._answers = [answer for answer in self._answers if answer[0] > self.now]

    def __call__(self, command, environ=None):
        self.commands.append(list(command))
        name = Path(command[0]).name
        tool = getattr(self, f"_{name}", None)
        return tool(*command[1:]) if tool else self._execute(command, environ)

    def of(self, name):
        """All commands of one tool so far, without its name."""
        return [command[1:] for command in self.commands if Path(command[0]).name == name]

    def _launchctl(self, verb, *words):
        self.loaded = {label: job for label, job in self.loaded.items() if job["gone"] > self.now}
        return getattr(self, f"_{verb}")(*words)

    def _print(self, target):
        if not self._session:
            return Done(112, err="Could not print domain: 112: Could not find specified service")
        if target == DOMAIN:
            return Done(0, f"{DOMAIN} = {{\n}}\n")
        job = self.loaded.get(target.rpartition("/")[2])
        if job is None:
            return Done(113, err=f'Bad request.\nCould not find service "{target}" in domain for user gui: 501')
        running = job["pid"] is not None
        return Done(
            0,
            PRINTED.format(
                target=target,
                path=job["path"],
                program=job["program"],
                domain=DOMAIN,
                state=next(self.states, "running") if running else "not running",
                runs=job["runs"],
                pid=f"	pid = {job['pid']}\n" if running else "",
                last=f"terminating signal = {job['signal']}" if job["signal"] else f"exit code = {job['last']}",
                pended="\tpended nondemand spawn = speculative\n" if job["runs"] == 0 else "",
                spawn=self.spawn,
            ),
        )

    def _enable(self, target):
        self.enabled.add(target)
        return Done(0)

    def _bootstrap(self, domain, path):
        agent = plistlib.loads(Path(path).read_bytes())
        label = agent["Label"]
        switched_off = f"{domain}/{label}" not in self.enabled
        if domain != DOMAIN or switched_off or label in self.loaded or self.now < self._busy_until:
            return Done(5, err="Bootstrap failed: 5: Input/output error")
        if self._slips:
            self._slips -= 1
            return Done(0)
        self.loaded[label] = {
            "pid": None,
            "runs": 0,
            "path": path,
            "program": agent["ProgramArguments"][0],
            "last": "(never exited)",
            "signal": "",
            "gone": float("inf"),
        }
        return self._began(label) if agent.get("RunAtLoad") and not self._pends else Done(0)

    def _bootout(self, target):
        job = self.loaded.get(target.rpartition("/")[2])
        if job is None:
            return Done(3, err="Boot-out failed: 3: No such process")
        if job["gone"] == float("inf"):
            job["gone"] = self.now + self._gone_after
            self._busy_until = job["gone"] + self._busy_for
        return Done(0)

    def _kickstart(self, *words):
        label = words[-1].rpartition("/")[2]
        job = self.loaded.get(label)
        if job is None:
            return Done(113, err=f'Could not find service "{words[-1]}" in domain for user gui: 501')
        if job["pid"] is not None and "-k" not in words:
            return Done(37, err="Operation already in progress")
        return self._began(label)

    def _began(self, label):
        job = self.loaded[label]
        job["runs"] += 1
        job["pid"] = 4000 + job["runs"]
        return Done(0)

    def _install_name_tool(self, *words):
        with Path(words[-1]).open("ab") as file:
            file.write(b"relinked")
        return Done(0)

    def _codesign(self, *words):
        app = Path(words[-1])
        if "--verify" in words:
            whole = self.signed.get(app.name.lstrip(".")) == _hash(app)
            return Done(0) if whole else Done(1, err=f"{app}: code object is not signed at all")
        info = plistlib.loads((app / "Contents/Info.plist").read_bytes())
        if not os.access(app / "Contents/MacOS" / info["CFBundleExecutable"], os.X_OK):
            return Done(1, err=f"{app}: bundle format unrecognized, invalid, or unsuitable")
        (app / "Contents/_CodeSignature").mkdir(exist_ok=True)
        (app / "Contents/_CodeSignature/CodeResources").write_text(words[words.index("--identifier") + 1])
        self.signed[app.name] = self.signed[app.name.lstrip(".")] = _hash(app)
        return Done(0)

    def _lsregister(self, *_words):
        return Done(0)

    def _tccutil(self, _reset, _service, identifier):
        if not self.permitted:
            return Done(70, err=f'tccutil: No such bundle identifier "{identifier}"')
        self.permitted.discard(identifier)
        return Done(0)

    def _open(self, *words):
        app = Path(words[words.index("-a") + 1])
        assert self._codesign("--verify", str(app)).code == 0
        assert any(word.startswith("PYTHONHOME=") for word in words[: words.index("--args")])
        self.permitted.add(plistlib.loads((app / "Contents/Info.plist").read_bytes())["CFBundleIdentifier"])
        if self._microphone is None:
            return Done(1, err="The application cannot be opened for an unexpected reason")
        permission, peak = self._microphone
        text = json.dumps({"permission": permission, "peak": peak, "trouble": ""})
        self._answers.append((self.now + self._answer_after, Path(words[-1]), text))
        return Done(0)

    def _execute(self, command, environ):
        """Apple Silicon kills what is not signed, and a copied Python needs its home."""
        app = Path(command[0]).parents[2]
        if self._codesign("--verify", str(app)).code:
            return Done(-9)
        if not next(self.starts, True):
            return Done(1, err="dyld: Library not loaded: Python")
        if not (environ or {}).get("PYTHONHOME"):
            return Done(1, err="ModuleNotFoundError: No module named 'encodings'")
        return Done(0, "assistant 0.1.0\n")


def _hash(app):
    whole = hashlib.sha256()
    for file in sorted(path for path in app.rglob("*") if path.is_file()):
        whole.update(str(file.relative_to(app)).encode() + file.read_bytes())
    return whole.hexdigest()
