"""The visitor's side: the pages that hold the chat, the loader for other people's pages, and a demo."""
