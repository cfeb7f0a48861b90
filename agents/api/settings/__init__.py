"""What administrators set, by REST: agents, groups, skills, hours, policies, rules; and the audit log.

One shape for all (`managing.py`): a list, one row, and what may be written, each bound by the administrator's
sites. The back office (`agents/admin/`) keeps the same rows by hand.
"""
