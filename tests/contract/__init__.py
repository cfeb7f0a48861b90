"""The wire contract, kept by a real server over every transport, form and mode."""
