"""The checker is checked: safeguards of the product are taken away one at a time, and the rig must notice.

Nothing of this is in the product: a process of the rig starts with one function of it replaced.
"""
