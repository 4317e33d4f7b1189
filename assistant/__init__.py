"""A fully local, hands-free voice assistant: microphone in, loudspeaker out, nothing leaves the computer."""

__version__ = "0.1.0"
