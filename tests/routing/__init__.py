"""Who gets a waiting conversation."""
