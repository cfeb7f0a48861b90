"""The pure half of the protocol: forms, shapes and rules without a server."""
