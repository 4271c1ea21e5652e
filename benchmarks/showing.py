"""What a run came to, on the terminal at once: a run takes long."""

from proving.speed.measuring import Measured, line


def show(measured: Measured) -> None:
    """Print one run."""
    print(line(measured), flush=True)
