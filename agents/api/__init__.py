"""REST resources of the people who answer."""
