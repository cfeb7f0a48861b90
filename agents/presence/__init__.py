"""Who is there: leases of connections, what agents say of themselves, and their breaks.

`status` and `breaks` are pure; `leases`, `saying` and `sweep` write; `reading` and `trust` read; `telling`
sends `presence` frames.
"""
