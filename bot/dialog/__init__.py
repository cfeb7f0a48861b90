"""The thread of a talk: which intent is being served, what it still needs, what was set aside. Pure."""
