"""The demo's intents: written for this project, replaced by the operator's own in the admin."""
