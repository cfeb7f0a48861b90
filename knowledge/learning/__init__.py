"""What visitors teach: what was asked in vain and belongs together, and how each answer does."""
