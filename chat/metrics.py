"""What chat counts, as Prometheus objects in the default registry; the project serves them at /metrics.

Increment at the edge of an event, never per byte. A labelled child costs a dictionary look-up under a lock
(about 1 µs): hot paths bind theirs once, e.g. `SENT = FRAMES.labels(type="message", direction="out")`.
Labels take values from small fixed sets only (frame types, error codes, roles), never ids or anything a
client sends: an unknown frame type is counted as "unknown".
"""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("kefu_connections", "Open connections.", ["role", "transport"])
"""role: visitor, agent, none (before hello); transport: websocket, poll."""

FRAMES = Counter("kefu_frames", "Frames by type and direction.", ["type", "direction"])
"""direction: in, out."""

ERRORS = Counter("kefu_errors", "Errors answered by socket, poll and REST, by code.", ["code"])
ACKS = Counter("kefu_acks", "Acknowledged sends, repeats included.")
CLOSES = Counter("kefu_closes", "Connections closed by the server, by close code.", ["code"])
SLOW_CLOSES = Counter("kefu_slow_closes", "Connections closed with 4508 because their reader was too slow.")

JOURNAL_WRITE_SECONDS = Histogram(
    "kefu_journal_write_seconds",
    "Time of one group commit, fsync included.",
    buckets=(0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2.5, 5),
)
JOURNAL_BATCH_ENTRIES = Histogram(
    "kefu_journal_batch_entries",
    "Appends in one group commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
JOURNAL_FAILURES = Counter("kefu_journal_failures", "Group commits that failed; their sends were refused.")

PERSISTENCE_DEPTH = Gauge(
    "kefu_persistence_depth_entries", "Entries in the journal and not yet in the database."
)
PERSISTENCE_AGE = Gauge("kefu_persistence_age_seconds", "Age of the oldest entry not yet in the database.")

DELIVERY_SECONDS = Histogram(
    "kefu_delivery_seconds",
    "From an entry being stored to its frame being handed to a local connection.",
    buckets=(0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2.5, 5),
)
RESUMES = Counter("kefu_resumes", "Resumed conversations by outcome.", ["outcome"])
"""outcome: resumed, resync, refused."""

GAPS_HEALED = Counter("kefu_gaps_healed", "Entries read from the journal because delivery skipped them.")
UPLOADS = Counter("kefu_uploads", "Uploads by outcome.", ["outcome"])
"""outcome: stored, refused."""

PERSISTED = Counter(
    "kefu_persisted_entries", "Entries passed by persistence, repeats and parked ones included."
)
PERSIST_SECONDS = Histogram(
    "kefu_persist_seconds",
    "Time of one batch into the database, commit included.",
    buckets=(0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2.5, 5),
)
PERSIST_BATCH_ENTRIES = Histogram(
    "kefu_persist_batch_entries",
    "Entries in one batch into the database.",
    buckets=(1, 4, 16, 64, 250, 500, 1000, 2000),
)
PERSIST_FAILURES = Counter("kefu_persist_failures", "Times persistence waited for database or journal.")
FOLLOW_FAILURES = Counter(
    "kefu_follow_failures", "Conversations whose move a follower of persistence could not digest."
)
DEAD_LETTERS = Counter("kefu_dead_letters", "Entries parked because the database refused them.", ["code"])
"""code: bad_body, unknown_conversation, seq_taken, client_msg_id_clash, id_clash, not_storable, internal."""
