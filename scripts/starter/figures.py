"""The starter models of this repo -> one table: what, figure, floor, ok? (2-4 minutes).

    python figures.py

The chat model is held to all its floors. Of the recognizer only what the recordings show is measured here: the
sentences it should hear and the noises it should not; its voices held out of training and the voice are not yet.
"""

import chat_figures
import recordings
import stt_figures


def main() -> None:
    """Print the table."""
    rows = stt_figures.figures(recordings.MODEL) + chat_figures.figures(str(recordings.MODEL.parent / "chat.gguf"))
    print(f"{'what':52s} {'figure':>8s} {'floor':>8s}")
    for what, figure, floor in rows:
        print(f"{what:52s} {figure:6.1f} % {floor:6.1f} %  {'ok' if figure >= floor else 'BELOW'}")


if __name__ == "__main__":
    main()
