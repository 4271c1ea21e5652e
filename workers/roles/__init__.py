"""Being a process: roles in their loop, the children of a supervisor, and what ends or watches them."""
