"""Full-text search that finds any substring of one character and more, on SQLite and PostgreSQL alike.

`grams.py` turns words into grams (pure); `indexing.py` writes them behind persistence, `finding.py` asks.
Canned replies are few and are searched where they live (the agents app).
"""
