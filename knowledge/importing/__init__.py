"""Files in and out: CSV, XLSX, JSONL, Markdown, HTML, and a sitemap with its pages. Readers and writers are
pure; `running` is the action that fills the tables.
"""
