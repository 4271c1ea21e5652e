"""Where a broker is, read from a URL whose password never shows."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, urlsplit

from writeoff.errors import WriteoffError

MASK = "***"


class BrokerKind(StrEnum):
    """The brokers that the worker speaks to."""

    RABBITMQ = "rabbitmq"
    REDIS = "redis"


#: Scheme in a URL -> which broker, and what kombu calls that scheme. Valkey is Redis under another name.
SCHEMES = {
    "amqp": (BrokerKind.RABBITMQ, "pyamqp"),
    "pyamqp": (BrokerKind.RABBITMQ, "pyamqp"),
    "amqps": (BrokerKind.RABBITMQ, "amqps"),
    "redis": (BrokerKind.REDIS, "redis"),
    "valkey": (BrokerKind.REDIS, "redis"),
    "rediss": (BrokerKind.REDIS, "rediss"),
    "valkeys": (BrokerKind.REDIS, "rediss"),
    "redis+socket": (BrokerKind.REDIS, "redis+socket"),
    "valkey+socket": (BrokerKind.REDIS, "redis+socket"),
    "unix": (BrokerKind.REDIS, "redis+socket"),
}

#: Of kombu's schemes, those with TLS.
TLS_SCHEMES = frozenset({"amqps", "rediss"})


class UnusableBrokerUrl(WriteoffError):
    """The broker's URL cannot be used: its scheme is unknown, or it cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsFiles:
    """Paths of PEM files: whom to trust (the system's authorities where absent), and who we are."""

    ca_certs: str | None = None
    certfile: str | None = None
    keyfile: str | None = None

    def options(self, prefix: str = "") -> dict[str, str]:
        """Return the paths that are given, under the names that a client library has for them."""
        paths = {"ca_certs": self.ca_certs, "certfile": self.certfile, "keyfile": self.keyfile}
        return {prefix + name: path for name, path in paths.items() if path}


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerAddress:
    """A broker's URL. `kombu_url` carries the password; `str()` and `repr()` do not. `tls` None: in clear."""

    kind: BrokerKind
    host: str
    tls: TlsFiles | None
    kombu_url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown

    @property
    def private(self) -> bool:
        """Whether it is a socket file of this machine, whose mode says who may use it."""
        return self.kombu_url.startswith("redis+socket://")

    @classmethod
    def of(cls, url: str) -> "BrokerAddress":
        """Read a URL such as `amqp://user:password@host:5672/vhost` or `unix:///run/valkey.sock`.

        TLS takes `?ssl_ca_certs=`, `ssl_certfile=` and `ssl_keyfile=`; the server is always verified.
        Raises `UnusableBrokerUrl`, whose text repeats nothing of the URL but its scheme: a password with an
        unquoted `#` or `:` makes the parts of the URL change places.
        """
        scheme, separator, _ = url.partition("://")
        if not separator or scheme.lower() not in SCHEMES:
            known = ", ".join(SCHEMES)
            named = repr(scheme) if separator else "none"
            raise UnusableBrokerUrl(f"unknown scheme in the broker URL: {named}; known are {known}")
        kind, kombu_scheme = SCHEMES[scheme.lower()]
        parts = _split(url)
        if parts is None:
            raise UnusableBrokerUrl(
                f"the broker URL ({scheme}) cannot be read: quote special characters of the password"
            )
        return cls(
            kind=kind,
            host=parts.hostname or "localhost",
            tls=_tls(parts, scheme) if kombu_scheme in TLS_SCHEMES else None,
            kombu_url=_for_kombu(parts, kombu_scheme),
            shown=_without_password(parts, scheme),
        )


def _tls(parts: SplitResult, scheme: str) -> TlsFiles:
    given = dict(parse_qsl(parts.query))
    files = {name: given.pop("ssl_" + name, None) for name in ("ca_certs", "certfile", "keyfile")}
    if unknown := [name for name in given if name.startswith("ssl")]:
        raise UnusableBrokerUrl(
            f"the broker URL ({scheme}) has {', '.join(unknown)}; known are ssl_ca_certs, ssl_certfile and "
            "ssl_keyfile, and the server is always verified"
        )
    return TlsFiles(**files)


def _split(url: str) -> SplitResult | None:
    """Split a URL, unless its password has been split with it: at a `#`, `/`, `?` or `:`."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    torn = parts.fragment or ("@" in url and "@" not in parts.netloc)
    return None if torn else parts


def _for_kombu(parts: SplitResult, scheme: str) -> str:
    # kombu must not see the TLS files: it passes them on under names that py-amqp does not know.
    query = f"?{parts.query}" if parts.query and scheme not in TLS_SCHEMES else ""
    return f"{scheme}://{parts.netloc}{parts.path}{query}"


def _without_password(parts: SplitResult, scheme: str) -> str:
    host = parts.netloc.rpartition("@")[2]
    login = ""
    if parts.password is not None:
        login = f"{parts.username or ''}:{MASK}@"
    elif parts.username:
        login = f"{parts.username}@"
    return f"{scheme}://{login}{host}{parts.path}"
