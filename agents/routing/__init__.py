"""Who gets a waiting conversation. Pure rules here; `follow`, `drain` and their like keep the rows."""
