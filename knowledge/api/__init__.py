"""The REST interface of the knowledge base: any agent reads what is at their sites, supervisors write it."""
