"""Level 4, optional: an OpenAI-compatible model writes the answer from what level 3 found."""
