"""The WebSocket door: RFC 6455 frames, the opening handshake and the uvicorn protocol class."""
