"""A fully local, hands-free voice assistant: microphone in, loudspeaker out, nothing leaves the computer."""

import os

__version__ = "0.1.0"

# The wheels of onnxruntime report to Microsoft over HTTPS, 20 s after they are first used, unless this stands before
# they are imported (its Privacy.md): its own switch comes too late. Nothing of ours is imported earlier than this.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
