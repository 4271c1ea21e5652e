"""Settings: from the environment (`WRITEOFF_...`), a `.env` file or secret files; nothing else reads them."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from handlers.event_types import kinds

#: Where containers find secrets; absent elsewhere.
_SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Where things are, and how this installation runs. URLs are secret, since they hold passwords."""

    model_config = SettingsConfigDict(
        env_prefix="WRITEOFF_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
    )

    database_url: SecretStr | None = Field(
        default=None, description="postgresql://... or sqlite:///path; `up` embeds SQLite without it"
    )
    broker_url: SecretStr | None = Field(
        default=None, description="amqp://... or redis://...; where messages come from and go to"
    )
    tasks_url: SecretStr | None = Field(
        default=None, description="redis://... or amqp://...; Dramatiq's own broker"
    )
    management_url: SecretStr | None = Field(
        default=None,
        description="http://user:password@host:15672; RabbitMQ's management, for `bench` and `prove` alone",
    )
    auth: Literal["open"] = Field(
        default="open", description="how publishers are trusted; `broker` and `signed` are not built yet"
    )
    policy_dir: Path | None = Field(
        default=None, description="folder of policies (*.toml); the shipped ones without it"
    )
    business_date_allowed: bool = Field(
        default=False, description="whether `writeoff business-date set` may move an opco's date"
    )
    user: str | None = Field(
        default=None, max_length=100, description="who operates by command line; the system's user without it"
    )
    roles: str = Field(
        default="admin", description="the roles (R1) of who operates by command line, with commas between"
    )
    worker_threads: int = Field(default=2, ge=1, le=64, description="sets that one worker runs at a time")
    worker_kinds: str = Field(
        default="",
        description="event kinds that this worker runs, with commas between them; "
        "empty: all of them, requests and timers",
    )
    data_dir: Path = Field(default=Path("var"), description="where `up` keeps what it embeds")
    heartbeat_file: Path | None = Field(
        default=None, description="touched when work went well; for a health check that looks at its age"
    )
    keep_days: int = Field(
        default=3_650,
        ge=400,
        le=36_500,
        description="how many days the bytes of messages are kept; by month, identities as long",
    )
    stuck_seconds: float = Field(
        default=300.0,
        ge=120,
        le=86_400,
        description="how long a step may give no sign of life; then its process exits with 70",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: console on a terminal, JSON elsewhere"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="`debug` adds details to the one line a set"
    )
    scheduler_patience_seconds: float = Field(
        default=2.0, ge=0, le=60, description="how long an event is due before the safety net catches it"
    )

    @field_validator("worker_kinds")
    @classmethod
    def _known(cls, value: str) -> str:
        if unknown := _names(value) - set(kinds()):
            raise ValueError(
                f"no event kind is called {', '.join(sorted(unknown))}: use {', '.join(kinds())}"
            )
        return value

    @property
    def served_kinds(self) -> frozenset[str] | None:
        """The event kinds that this worker runs; None for all."""
        return _names(self.worker_kinds) or None


def _names(value: str) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(",") if name.strip())
