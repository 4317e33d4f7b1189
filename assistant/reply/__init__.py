"""Words to words: the messages, the model's prompt, the model, its tools."""
