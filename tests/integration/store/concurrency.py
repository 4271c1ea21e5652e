"""Threads that do something at once, and tell what came of it."""

import threading
from collections.abc import Callable
from typing import Any


class Started:
    """A function running in a thread; `result` waits for it and raises what it raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error

    def waits(self, seconds: float = 0.2) -> bool:
        """Tell whether it is still at it after so long."""
        self._thread.join(seconds)
        return self._thread.is_alive()

    def result(self, seconds: float = 30.0) -> Any:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "it hangs"
        if self._error is not None:
            raise self._error
        return self._value


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Run the functions at the same time; return their results in order."""
    barrier = threading.Barrier(len(functions))

    def together(function: Callable[[], Any]) -> Any:
        barrier.wait()
        return function()

    started = [Started(lambda function=function: together(function)) for function in functions]
    return [each.result() for each in started]
