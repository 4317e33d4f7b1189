import pytest

from assistant.plugged import Moves, Plug, Plugged, Want, meant, moves

MICROPHONE = Plug(40, "MacBook Pro Microphone", inputs=True, outputs=False, transport="bltn")
SPEAKERS = Plug(41, "MacBook Pro Speakers", inputs=False, outputs=True, transport="bltn")
SCREEN = Plug(50, "Studio Display", inputs=True, outputs=True, transport="usb ")
PODS_IN = Plug(60, "Ann's AirPods", inputs=True, outputs=False, transport="blue")
PODS_OUT = Plug(61, "Ann's AirPods", inputs=False, outputs=True, transport="blue")

LEFT = Plug(51, "Dell", inputs=False, outputs=True, transport="hdmi")
RIGHT = Plug(52, "Dell", inputs=False, outputs=True, transport="hdmi")

ALONE = Plugged((MICROPHONE, SPEAKERS), input=40, output=41)
DESK = Plugged((MICROPHONE, SPEAKERS, SCREEN), input=40, output=41)
ON_SCREEN = Plugged((MICROPHONE, SPEAKERS, SCREEN), input=50, output=50)
PODS = Plugged((MICROPHONE, SPEAKERS, PODS_IN, PODS_OUT), input=60, output=61)

HEARS = Want(input=True, name="")
PLAYS = Want(input=False, name="")


@pytest.mark.parametrize(
    ("plugged", "want", "device"),
    [
        (ALONE, HEARS, MICROPHONE),
        (ON_SCREEN, HEARS, SCREEN),
        (ON_SCREEN, PLAYS, SCREEN),
        (PODS, PLAYS, PODS_OUT),
        (PODS, Want(input=True, name="airpods"), PODS_IN),
        (PODS, Want(input=False, name="macbook"), SPEAKERS),
        (ALONE, Want(input=True, name="airpods"), None),
        (ALONE, Want(input=True, name="0"), None),
        (Plugged(), HEARS, None),
    ],
)
def test_a_want_means_the_default_or_what_is_called_so(plugged, want, device):
    """A number means something to PortAudio alone."""
    assert meant(plugged, want) is device


def test_a_headset_that_plays_is_not_heard_by_unless_that_is_wanted():
    """Else it plays like a telephone."""
    assert meant(PODS, HEARS) is MICROPHONE
    assert meant(PODS, Want(input=True, name="", headset=True)) is PODS_IN


@pytest.mark.parametrize(
    ("plugged", "device"),
    [
        (Plugged((MICROPHONE, SPEAKERS, PODS_IN, PODS_OUT), input=60, output=41), PODS_IN),
        (Plugged((PODS_IN, PODS_OUT), input=60, output=61), PODS_IN),
        (Plugged((MICROPHONE, SCREEN, PODS_OUT), input=50, output=61), SCREEN),
        (Plugged((SCREEN, PODS_IN, PODS_OUT), input=60, output=61), PODS_IN),
    ],
)
def test_a_microphone_is_left_where_no_headset_plays_or_no_built_in_one_is(plugged, device):
    """Somebody who plays elsewhere may well mean the headset; a screen's microphone may be turned away."""
    assert meant(plugged, HEARS) is device


def test_where_nobody_says_how_a_device_is_connected_its_name_does():
    """Either way round."""
    bare = [Plug(plug.id, plug.name, plug.inputs, plug.outputs) for plug in PODS.devices]
    assert meant(Plugged(tuple(bare), 60, 61), HEARS) == bare[0]
    wired = Plug(60, "Wired headphones", inputs=True, outputs=False)
    assert meant(Plugged((bare[0], bare[1], wired, bare[3]), 60, 61), HEARS) == wired


@pytest.mark.parametrize(
    ("then", "lately", "now", "wants", "needed"),
    [
        (DESK, DESK, DESK, (HEARS, PLAYS), Moves()),
        # The default becomes another one that PortAudio knows.
        (DESK, DESK, ON_SCREEN, (HEARS, PLAYS), Moves((0, 1))),
        (DESK, DESK, ON_SCREEN, (PLAYS, Want(input=True, name="macbook")), Moves((0,))),
        (DESK, ON_SCREEN, DESK, (HEARS,), Moves((0,))),
        # ...and one that it does not know; the microphone stays the same, and yet all have to let go.
        (ALONE, ALONE, PODS, (HEARS, PLAYS), Moves((1,), relist=True)),
        (ALONE, ALONE, ON_SCREEN, (PLAYS,), Moves((0,), relist=True)),
        # A headset switches over, and is the same one.
        (
            PODS,
            PODS,
            Plugged((MICROPHONE, SPEAKERS, PODS_IN, Plug(61, "Ann's AirPods", inputs=True, outputs=True)), 60, 61),
            (HEARS, PLAYS),
            Moves(),
        ),
        # What nobody means comes and goes.
        (ALONE, ALONE, DESK, (HEARS, PLAYS), Moves()),
        (PODS, PODS, ALONE, (Want(input=True, name="macbook"),), Moves()),
        # What is gone and back has another number.
        (
            DESK,
            ALONE,
            Plugged((MICROPHONE, SPEAKERS, Plug(99, "Studio Display", inputs=True, outputs=True)), 40, 41),
            (HEARS, Want(input=False, name="studio", running=False)),
            Moves(relist=True),
        ),
        # It was there and could not play yet.
        (
            Plugged((MICROPHONE, SPEAKERS, Plug(61, "Ann's AirPods", inputs=False, outputs=False)), 40, 41),
            ALONE,
            Plugged((MICROPHONE, SPEAKERS, Plug(61, "Ann's AirPods", inputs=False, outputs=True)), 40, 41),
            (HEARS, Want(input=False, name="airpods", running=False)),
            Moves(relist=True),
        ),
        # Of two screens of one kind the other one is chosen: by their names alone they cannot be told apart.
        (
            Plugged((MICROPHONE, LEFT, RIGHT), 40, 51),
            Plugged((MICROPHONE, LEFT, RIGHT), 40, 51),
            Plugged((MICROPHONE, LEFT, RIGHT), 40, 52),
            (HEARS, PLAYS),
            Moves((1,), relist=True),
        ),
        # A sound server is there, and PortAudio knows nothing of it.
        (Plugged(), Plugged(), Plugged(), (HEARS, Want(input=False, name="", served=False)), Moves(relist=True)),
        # It is not there: nothing helps but waiting.
        (DESK, DESK, ALONE, (HEARS, Want(input=False, name="studio", running=False)), Moves()),
        # The default is there, and was: its own tries find it.
        (DESK, DESK, ALONE, (Want(input=False, name="", running=False),), Moves()),
        # Only PortAudio knows which one is meant, and its list is old.
        (DESK, DESK, ALONE, (Want(input=False, name="3", running=False),), Moves(relist=True)),
        (Plugged(), Plugged(), Plugged((SCREEN,)), (Want(input=True, name="", running=False),), Moves(relist=True)),
        (Plugged(), Plugged(), Plugged((SCREEN,)), (HEARS,), Moves()),
    ],
)
def test_only_what_is_meant_and_has_changed_moves(then, lately, now, wants, needed):
    """*then* PortAudio made its list; a new one is wanted where it lacks what is meant."""
    assert moves(then, now, wants, [meant(lately, want) for want in wants]) == needed
