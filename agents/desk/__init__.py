"""What people who answer keep at hand: canned replies, macros, saved views, categories, preferences."""
