"""The journal: the durable, ordered log every conversation lives in."""
