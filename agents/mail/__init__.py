"""Telling the team by e-mail of messages that were left while nobody was there."""
