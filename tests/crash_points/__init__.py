"""The sweep of crash points: a life of an installation, killed at each of them. `make crash-points`."""
