"""How fast an installation is: what `writeoff bench` and `make bench` have in common."""
