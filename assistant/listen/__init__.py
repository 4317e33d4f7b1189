"""Sound to words: microphone or recording, is someone speaking, when is the turn over, what was said."""
