import inspect
import signal
import subprocess
import sys

import pytest

from assistant.daemon import manner, patience
from assistant.listen.complete import Stages
from assistant.listen.endpoint import Patience
from assistant.reply.llama import Llama
from assistant.settings import Config

STUCK = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
from assistant.daemon import run
from assistant.errors import EngineError

worker = ThreadPoolExecutor(1)

async def main():
    worker.submit(threading.Event().wait)
    if sys.argv[1:]:
        raise EngineError("It failed.")

run(main())
print("told", flush=True)
"""

LOADS = """
import asyncio, threading
from pathlib import Path
from assistant import shelf
from assistant.daemon import home, run
from assistant.settings import Config

def make(path):
    print("loads", flush=True)
    threading.Event().wait()

async def main():
    shelf.recipes = lambda config: {"the language model": shelf.Recipe(make, Path("large.gguf"), (), (0, 0))}
    async with home() as made:
        await made.assistant(Config())

print(run(main()), flush=True)
"""


OUTLIVED = """
import asyncio, time
from assistant.daemon import run

async def main():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 1.5)

run(main())
print("told", flush=True)
"""

HURRIED = """
import asyncio
from assistant.daemon import run

async def main():
    try:
        print("runs", flush=True)
        await asyncio.sleep(60)
    finally:
        print("ends", flush=True)
        await asyncio.sleep(60)

run(main())
"""


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_forces_the_end(first):
    """Scenario 32: of a program that hangs as it ends; 130 is what a shell expects."""
    with subprocess.Popen([sys.executable, "-c", HURRIED], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "runs\n"
        child.send_signal(first)
        assert child.stdout.readline() == "ends\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_while_a_model_is_being_loaded_does_not_wait_for_that(number):
    """It may take 30 s; a service manager kills what takes longer than ten."""
    with subprocess.Popen([sys.executable, "-c", LOADS], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "loads\n"
        child.send_signal(number)
        assert child.wait(10) == 0


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["fails"], 1)])
def test_a_thread_that_hangs_in_a_library_keeps_nobody_from_ending(arguments, code):
    """Python alone would wait for it for ever; what happened is told first."""
    done = subprocess.run(
        [sys.executable, "-c", STUCK, *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == code
    assert ("told" in done.stdout) is (not arguments)
    assert ("It failed." in done.stderr) is bool(arguments)


def test_who_comes_to_an_end_while_a_model_is_loaded_has_the_last_word():
    """A rehearsal shows its table behind it."""
    done = subprocess.run([sys.executable, "-c", OUTLIVED], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "told\n"


def test_what_a_stage_does_by_itself_is_what_it_does_with_the_settings_as_they_come():
    """Or tests would hold, and scripts measure, another program than the one people have."""
    config = Config()
    assert patience(config) == Patience()
    assert manner(config).stages == Stages()
    own = {name: value.default for name, value in inspect.signature(Llama.load).parameters.items()}
    settings = config.reply.model_dump()
    assert {name: own[name] for name in own.keys() & settings.keys()} == {
        name: settings[name] for name in ("context", "gpu_layers", "temperature", "max_tokens")
    }
