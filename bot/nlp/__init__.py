"""The NLP interface: {"text", "task", "options"} in, one shape of result out, whoever computes it."""
