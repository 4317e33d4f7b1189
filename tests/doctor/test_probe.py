import pytest

from assistant.doctor import probe


def test_a_library_that_fails_to_be_imported_is_broken_and_the_others_are_not(monkeypatch, capsys):
    """As webrtcvad without pkg_resources (facts H); each is named before it is tried."""
    monkeypatch.setattr(probe, "LIBRARIES", {"good": "json", "bad": "no_such_module"})
    monkeypatch.setattr(probe.importlib.metadata, "version", lambda package: f"{package}-1")
    found = probe.wheels("good", "bad")
    assert found == {"versions": {"good": "good-1"}, "broken": {"bad": "No module named 'no_such_module'"}}
    assert capsys.readouterr().out == '{"trying": "good"}\n{"trying": "bad"}\n'


@pytest.mark.slow
def test_the_starter_voice_speaks_into_nothing():
    """The self-test that finds what facts E describe."""
    from assistant import weights

    assert probe.voice(str(weights.voice("starter")))["seconds"] > 1


@pytest.mark.slow
def test_llama_cpp_is_asked_what_it_computes_on():
    """The processor at least."""
    assert "CPU" in probe.computing()["devices"]
