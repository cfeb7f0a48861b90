"""The visitor's side: the pages that hold the chat, the loader that puts it on other people's pages, and a demo."""
