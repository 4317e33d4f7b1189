"""A fully local, hands-free voice assistant: microphone in, loudspeaker out, nothing leaves the computer."""

import os

__version__ = "0.1.0"

# onnxruntime's wheels report to Microsoft over HTTPS, 20 s after they are first used, unless this stands before they are
# imported (its Privacy.md); switching it off in the program comes too late. Here, since this is what comes before all.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
