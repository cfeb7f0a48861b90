"""Asking the customer's own systems: signed calls of their HTTP endpoints, and what is said of the answer."""
