"""What the rig changes in a process of the product before it starts: its clock, or one safeguard."""
