"""The back office: sites and visitors are kept here; conversations, messages and files are facts to be
read.

Tables of facts grow without end, so nothing here counts all of their rows, sorts by what has no index, or
searches text further back than a month.
"""

from chat.admin import dead_letters, facts, sites, visitors

__all__ = ("dead_letters", "facts", "sites", "visitors")
