import re
import threading

from assistant.doctor.examine import Check, Once, checks, examine
from assistant.doctor.finding import State, right
from assistant.settings import Config


def check(name, find=None, limit_s=60.0):
    return Check(name, find or (lambda: [right(name, "well")]), limit_s)


def unseen(_names):
    """For who does not wait long enough to be told."""


def test_findings_come_in_the_order_of_the_checks_whichever_is_done_first():
    """Here the first waits for the second."""
    second_done = threading.Event()

    def first():
        second_done.wait(60)
        return [right("first", "a"), right("first", "b")]

    def second():
        second_done.set()
        return [right("second", "c")]

    found = examine([check("first", first), check("second", second)], unseen)
    assert [finding.meaning for finding in found] == ["a", "b", "c"]


def test_one_that_hangs_holds_up_nobody_and_is_told_of():
    """It is still under way when all is told."""
    end = threading.Event()

    def hangs():
        end.wait(60)
        return []

    found = examine([check("hangs", hangs, limit_s=0.0), check("fine")], unseen, look_every=0.001)
    assert [finding.state for finding in found] == [State.UNKNOWN, State.RIGHT]
    assert not end.is_set()
    end.set()


def test_who_waits_is_told_what_is_not_done():
    """Again and again; the rest is done by then, or named as well."""
    told = threading.Event()
    heard = []

    def waiting(names):
        heard.append(list(names))
        told.set()

    def slow():
        told.wait(60)
        return [right("slow", "well")]

    examine([check("slow", slow)], waiting, look_every=0.001)
    assert heard[0] == ["slow"]


def test_a_check_that_breaks_breaks_alone_and_its_text_stays_out_of_the_meaning():
    """Nobody knows what an unexpected error says."""

    def broken():
        raise KeyError("secret")

    found = examine([check("broken", broken), check("fine")], unseen)
    assert [finding.state for finding in found] == [State.UNKNOWN, State.RIGHT]
    assert re.fullmatch(r"The check .* KeyError in .*test_examine\.py:\d+ broken\.", found[0].meaning)
    assert "secret" not in found[0].meaning
    assert "secret" in found[0].detail


def test_what_several_want_to_know_is_found_out_once():
    """By many threads at once."""
    made = []
    once = Once(lambda: made.append(1) or "known")
    threads = [threading.Thread(target=once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (once(), made) == ("known", [1])


def test_every_check_has_a_name_of_its_own():
    """By which a slow one is told."""
    names = [one.name for one in checks(Config(), thorough=False)]
    assert len(names) == len(set(names)) >= 15
