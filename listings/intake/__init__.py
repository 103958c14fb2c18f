"""What happens to a supplier's file before anybody else sees it; every module is pure over a file.

`runner.run` is the door: it starts a locked child that decodes, profiles, scans and samples, and answers
with an `Outcome`. Nothing here knows Django or the database.
"""
