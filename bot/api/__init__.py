"""REST of the bot."""
