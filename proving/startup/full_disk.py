"""A disk that is full for SQLite while a file says so: writes end as the kernel's would, in ENOSPC.

SQLite lets its system calls be replaced (`xSetSystemCall` of its VFS, sqlite3.h): so nothing needs to be
mounted, and nobody needs to be root. What is in the files stays, and reading goes on.
"""

import _sqlite3
import atexit
import ctypes
import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from proving.startup.hooks import FULL_DISK, hooked

#: What SQLite may have been built to write with; `write` makes its first files, on every build.
WRITES = (b"pwrite64", b"pwrite", b"write")

_PWRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_SET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_GET = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs` of version 3: thirteen methods that are not ours lie before those that are."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 13),
        ("set_call", _SET),
        ("get_call", _GET),
        ("next_call", ctypes.c_void_p),
    )


#: Kept for as long as the process lives: SQLite knows their addresses.
_replaced: list[object] = []


def possible() -> bool:
    """Whether this Python's SQLite can be reached: one that is linked in may hide its names."""
    return hasattr(ctypes.CDLL(_sqlite3.__file__), "sqlite3_vfs_find")


def may_be_full(environment: Mapping[str, str], flag: Path) -> dict[str, str]:
    """Return an environment whose SQLite finds its disk full while a file is there."""
    return hooked(environment, **{FULL_DISK: str(flag)})


def full_while(flag: Path) -> None:
    """Let each write of this process's SQLite fail while the file is there."""
    find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
    find.restype, find.argtypes = ctypes.POINTER(_Vfs), [ctypes.c_char_p]
    found = find(None)
    for name in WRITES:
        address = found.contents.get_call(found, name)
        if address:
            replacement = _unless(flag, _PWRITE(address))
            _replaced.append(replacement)
            found.contents.set_call(found, name, ctypes.cast(replacement, ctypes.c_void_p))
    # A connection that is closed while the interpreter ends writes as it always did.
    atexit.register(found.contents.set_call, found, None, None)


def _unless(flag: Path, write: Callable[..., int]) -> Any:
    # The offset of `pwrite` is one argument more than `write` has, which looks at the first three alone.
    path = str(flag)

    def maybe(descriptor: int, data: int, count: int, offset: int) -> int:
        if os.path.exists(path):  # noqa: PTH110 - at each write
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return write(descriptor, data, count, offset)

    return _PWRITE(maybe)
