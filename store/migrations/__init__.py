"""The schema, step by step, for both databases. Steps go forward only: the way back is a backup.

The types of `store.tables.types` are words of these steps; what one of them means does not change.
Until the first release the steps are written anew when a table changes; afterwards each change is a new one.
"""
