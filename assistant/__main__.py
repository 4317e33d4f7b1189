"""`assistant` and `python -m assistant`: the command line, quiet from the first moment on."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while its libraries are still being imported just ends it, without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from assistant.cli import main as command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


if __name__ == "__main__":
    main()
