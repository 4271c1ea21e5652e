"""Proof: a rig of real processes and servers that breaks everything, and checks what was promised."""
