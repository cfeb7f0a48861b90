"""What the e-mails to the team count."""

from prometheus_client import Counter

NOTICES = Counter("kefu_notices", "E-mails to the team about left messages.", ["outcome"])
"""outcome: sent, retried, dead (given up), nobody (no address to send to), not_configured."""
