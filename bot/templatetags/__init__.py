"""Filters of the bot's pages."""
