"""The public help page of a site: shelves, answers, search, feedback. Reads the live index only, so it
stays up while the database is away.
"""
