"""Logs, metrics and health as they leave the process."""
