"""Somebody else's web site: a real little server at another origin, whose pages embed the chat."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HostSite:
    """Serves one page, whatever is asked for. Any `name.localhost` leads to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.page = ""

    def origin(self, name: str = "shop") -> str:
        """The origin of this site under a name."""
        return f"http://{name}.localhost:{self.port}"


@contextmanager
def host_site() -> Iterator[HostSite]:
    """A running site."""
    site = HostSite(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Tests read their own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
