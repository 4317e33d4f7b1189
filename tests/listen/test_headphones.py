import math

import pytest

from assistant.listen.headphones import Worn, headphones


@pytest.mark.parametrize(
    "name",
    [
        "AirPods Pro",
        "Anna's AirPods",
        "USB Headset",
        "Kopfhörer",
        "EarPods",
        "Galaxy Buds2",
        "WH-1000XM4",
        "Jabra Evolve2 Headset Mono",
        "bluez_output.Hands-Free",
        "Beats Studio",
        "Earphones",
        "Jack's AirPods",
    ],
)
def test_what_is_worn_on_the_ears_gives_no_echo(name):
    assert headphones(name)


@pytest.mark.parametrize(
    "name",
    [
        "MacBook Pro Speakers",
        "Built-in Output",
        "default",
        "",
        "LG HDMI",
        "HomePod",
        "Studio Display",
        "BudsPeaker",
        "Beats Pill",
        "Headset Speakerphone",
    ],
)
def test_a_loudspeaker_does(name):
    assert not headphones(name)


@pytest.mark.parametrize(
    "name",
    [
        "External Headphones",
        "Externe Kopfhörer",
        "Écouteurs externes",
        "Cuffie esterne",
        "USB-C to 3.5mm Headphone Jack Adapter",
        "USB-C to 3.5mm Headphone Jack A",
    ],
)
def test_whatever_is_in_the_socket_may_be_a_loudspeaker(name):
    """A Mac calls them all so, and a canceller does no harm on headphones."""
    assert not headphones(name)


def test_what_is_worn_is_heard_by_nobody_until_it_is_taken_off():
    """Then there is echo at once, and nothing yet that takes it out."""
    names = ["AirPods"]
    worn = Worn(lambda: names[-1], lambda: 7.0)
    assert (worn.heard_at, worn.controlled, worn.converged) == (math.inf, True, True)
    names.append("MacBook Pro Speakers")
    assert (worn.heard_at, worn.controlled, worn.converged) == (7.0, False, False)
