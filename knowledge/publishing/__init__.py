"""From a draft to what visitors read: review, golden questions, releases, roll-back, and the live index that
every process keeps.
"""
