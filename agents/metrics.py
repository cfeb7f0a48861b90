"""What routing counts, as Prometheus objects in the default registry; see `chat.metrics` for the rules."""

from prometheus_client import Counter, Gauge, Histogram

AGENTS = Gauge("kefu_agents", "Enabled agents by what colleagues see of them.", ["status"])
"""status: online, busy, away, offline. Set every five seconds by the process that sweeps."""

WAITING = Gauge("kefu_routing_waiting", "Conversations that wait for an agent.")
OLDEST_WAIT = Gauge("kefu_routing_oldest_wait_seconds", "How long the first of the queue has waited.")
ASSIGNMENTS = Counter("kefu_routing_assignments", "Conversations that routing gave to an agent.")
DECISIONS = Counter("kefu_routing_decisions", "Decisions of routing, by reason.", ["reason"])
"""reason: best, sticky; nobody, closed, blocked, full, or the exclusion that met most agents."""

STEP_SECONDS = Histogram(
    "kefu_routing_step_seconds",
    "Time of one step of a drain, commit included.",
    buckets=(0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.064, 0.125, 0.25, 0.5, 1, 2.5),
)
RELEASED = Counter("kefu_routing_released", "Reserved seats given back, by why.", ["reason"])
"""reason: refused (the act was), lost (no act came)."""

OVERBOOKING_REPAIRS = Counter(
    "kefu_routing_seat_repairs", "Agents whose count of seats was found wrong and repaired."
)
QUEUE_REPAIRS = Counter(
    "kefu_routing_queue_repairs", "Waiting conversations that stood in no queue, put back."
)
REASSIGNMENTS = Counter(
    "kefu_routing_reassignments", "Conversations taken from where they were, by reason.", ["reason"]
)
"""reason: no_answer, silent, gone, overflow, returned."""
ROUTING_FAILURES = Counter("kefu_routing_failures", "Sweeps that waited for the database or the journal.")
