"""A RabbitMQ vhost of one's own, by the management API, by rabbitmqctl, or made beforehand and named."""

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

from proving.places.keeping import Keep, never
from proving.places.refusal import PlaceLeft, PlaceRefused
from workers.brokers import BrokerUnavailable, Topology, declare

#: A management API that is up answers within one; a vhost of RabbitMQ 3.10 takes a second.
_SECONDS = 30
#: What RabbitMQ takes as no password is given.
_USER = "guest"


class Means(Protocol):
    """A way to make and drop vhosts. Each raises `PlaceRefused` with what is missing."""

    def exists(self, vhost: str) -> bool:
        """Tell whether a vhost is there."""
        ...

    def make(self, vhost: str, user: str) -> None:
        """Make a vhost in which the user may do everything."""
        ...

    def drop(self, vhost: str) -> None:
        """Drop a vhost with all its queues; nothing happens where it is not there."""
        ...


class Management:
    """The HTTP API of RabbitMQ's management plugin, as `http://user:password@host:15672`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise PlaceRefused("WRITEOFF_MANAGEMENT_URL is no URL such as http://user:password@host:15672")
        self._base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/api"
        login = f"{unquote(parts.username or _USER)}:{unquote(parts.password or _USER)}"
        self._authorization = "Basic " + b64encode(login.encode()).decode()

    def exists(self, vhost: str) -> bool:
        """Tell whether a vhost is there."""
        return self._call("GET", f"/vhosts/{quote(vhost, safe='')}", missing=True)

    def make(self, vhost: str, user: str) -> None:
        """Make a vhost in which the user may do everything."""
        self._call("PUT", f"/vhosts/{quote(vhost, safe='')}", {})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._call("PUT", f"/permissions/{quote(vhost, safe='')}/{quote(user, safe='')}", everything)

    def drop(self, vhost: str) -> None:
        """Drop a vhost with all its queues."""
        self._call("DELETE", f"/vhosts/{quote(vhost, safe='')}", missing=True)

    def _call(self, method: str, path: str, body: object = None, *, missing: bool = False) -> bool:
        """Call; with `missing` tell whether the thing is there. Raises `PlaceRefused`."""
        request = Request(  # noqa: S310 - http or https, as checked above
            self._base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urlopen(request, timeout=_SECONDS):  # noqa: S310 - as above
                return True
        except HTTPError as error:
            if missing and error.code == HTTPStatus.NOT_FOUND:
                return False
            if error.code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise PlaceRefused(
                    "the user of WRITEOFF_MANAGEMENT_URL may not make vhosts: give it the tag `administrator`"
                ) from error
            raise PlaceRefused(f"the management API answers {error.code} to {method} {path}") from error
        except (URLError, TimeoutError, OSError) as error:
            raise PlaceRefused(f"the management API does not answer: {error}") from error


class Control:
    """`rabbitmqctl`, for a RabbitMQ of this machine."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    def exists(self, vhost: str) -> bool:
        """Tell whether a vhost is there."""
        return vhost in self._run("list_vhosts", "--quiet", "--no-table-headers", "name").split()

    def make(self, vhost: str, user: str) -> None:
        """Make a vhost in which the user may do everything."""
        self._run("add_vhost", vhost)
        self._run("set_permissions", "-p", vhost, user, ".*", ".*", ".*")

    def drop(self, vhost: str) -> None:
        """Drop a vhost with all its queues."""
        if self.exists(vhost):
            self._run("delete_vhost", vhost)

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - found on PATH, and names of ours
                [*self._command, *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS * 2,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PlaceRefused(f"{self._command[0]} {arguments[0]} cannot be run: {error}") from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip().replace("\n", " ")
            raise PlaceRefused(f"{self._command[0]} {arguments[0]} failed: {said}")
        return done.stdout


def means_for(broker_url: str, management_url: str | None) -> Means | None:
    """Return how vhosts can be made: by the API if its URL is given, else by rabbitmqctl if both are here."""
    if management_url is not None:
        return Management(management_url)
    found = shutil.which("rabbitmqctl") or shutil.which("rabbitmqctl", path="/usr/sbin:/usr/local/sbin")
    return Control([found]) if found and _is_here(broker_url) else None


@contextmanager
def vhost(broker_url: str, name: str, means: Means | None, *, keep: Keep = never) -> Iterator[str]:
    """Make an empty vhost, give the URL of it, and drop it. Raises `PlaceRefused` and `PlaceLeft`."""
    parts = urlsplit(broker_url)
    url = parts._replace(path=f"/{quote(name, safe='')}").geturl()
    user = unquote(parts.username or _USER)
    if reachable(url) or (means is not None and means.exists(name)):
        raise PlaceRefused(
            f"the vhost {name} exists already: take another seed, or `rabbitmqctl delete_vhost {name}` "
            "if nobody needs it"
        )
    if means is None:
        raise PlaceRefused(
            "a vhost of its own is needed. Give WRITEOFF_MANAGEMENT_URL (http://user:password@host:15672, of "
            f"a user with the tag `administrator`); or make it beforehand and name it with --vhost {name}: "
            f"`rabbitmqctl add_vhost {name}`, `rabbitmqctl set_permissions -p {name} {user} '.*' '.*' '.*'`"
        )
    try:
        means.make(name, user)
        if not reachable(url):
            raise PlaceRefused(
                f"the vhost {name} was made, but not on the RabbitMQ of WRITEOFF_BROKER_URL: which is another"
            )
        yield url
    finally:
        if not keep():
            _drop(means, name)


def reachable(url: str) -> bool:
    """Tell whether a vhost is there and lets us in."""
    with suppress(BrokerUnavailable):
        declare(url, Topology())
        return True
    return False


def _drop(means: Means, name: str) -> None:
    try:
        means.drop(name)
    except PlaceRefused as error:
        raise PlaceLeft(
            f"the vhost {name} is still there ({error}): `rabbitmqctl delete_vhost {name}`"
        ) from error


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or "localhost"
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
