"""The starter models of this repo -> one table: what, figure, floor, ok? (10 minutes of one core).

    python figures.py

Everything is measured on sentences that were held out of training; what each row means, the three scripts that measure
it say.
"""

import chat_figures
import recordings
import stt_figures
import voice_figures

VOICE = recordings.ROOT / "voices" / "starter" / "starter.onnx"


def main() -> None:
    """Print the table."""
    rows = [
        *stt_figures.figures(recordings.MODEL),
        *chat_figures.figures(str(recordings.MODEL.parent / "chat.gguf")),
        *voice_figures.figures(VOICE),
    ]
    print(f"{'what':64s} {'figure':>8s} {'floor':>8s}")
    for what, figure, floor in rows:
        print(f"{what:64s} {figure:6.1f} % {floor:6.1f} %  {'ok' if figure >= floor else 'BELOW'}")


if __name__ == "__main__":
    main()
