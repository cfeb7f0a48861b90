"""Both sides at once: the visitor's page and the console, each in a browser, against the real server."""
