"""Up to a process: who may be written off, requests and attempts that lead there; answers to any command."""
