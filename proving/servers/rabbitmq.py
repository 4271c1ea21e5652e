"""A private RabbitMQ node with an epmd of its own."""

import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from proving.servers import binaries
from proving.servers.server import Server, ServerError, free_port

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"

_calls = itertools.count(1)


@dataclass(kw_only=True)
class RabbitMQ(Server):
    """No plugins, no management: a node that serves AMQP on loopback. Its databases are vhosts."""

    name: ClassVar[str] = "RabbitMQ"

    distribution_port: int = field(default_factory=free_port)
    epmd_port: int = field(default_factory=free_port)
    #: Lines of rabbitmq.conf that are added to ours.
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def node(self) -> str:
        return f"writeoff-{self.port}@localhost"

    def url(self, vhost: str = "%2F") -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def prepare(self) -> None:
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "vm_memory_high_watermark.absolute": "1GB",
            "disk_free_limit.absolute": "50MB",
            "log.file.level": "warning",
            **self.settings,
        }
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        (self.folder / "rabbitmq.conf").write_text("".join(lines))
        (self.folder / "enabled_plugins").write_text("[].")

    def command(self) -> list[str]:
        return [binaries.rabbitmq()]

    def environment(self) -> Mapping[str, str]:
        """Nothing of the machine's own RabbitMQ: no configuration, no node name, no cookie, no epmd."""
        folder = str(self.folder)
        return {
            "PATH": os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin",
            "LANG": "C.UTF-8",
            "HOME": folder,
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/rabbitmq.pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node, instead of its parent
        }

    def answers(self) -> bool:
        """The listener is what RabbitMQ opens last."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(PROTOCOL_HEADER)
                return bool(connection.recv(1))
        except OSError:
            return False

    def kill(self) -> None:
        """Registers fresh quorum queues on disk first, which takes RabbitMQ 3.10 up to two seconds by itself.

        Killed before that, it keeps the messages and can never serve the queue again: a loss of the broker's
        own, which is not what a test of ours is about.
        """
        if self.running():
            self.evaluate("[dets:sync(Table) || Table <- dets:all()].")
        super().kill()

    def create_database(self, name: str) -> str:
        self.evaluate(
            f'ok = rabbit_vhost:add(<<"{name}">>, <<"tests">>), '
            f'rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"{name}">>, '
            '<<".*">>, <<".*">>, <<".*">>, <<"tests">>).'
        )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self.evaluate(f'rabbit_vhost:delete(<<"{name}">>, <<"tests">>).')

    def empty(self) -> None:
        """Drop every vhost with all that is in it, and make the default one again."""
        self.evaluate('[rabbit_vhost:delete(Name, <<"tests">>) || Name <- rabbit_vhost:list_names()].')
        self.create_database("/")

    def evaluate(self, expression: str) -> str:
        """Run Erlang on the node. `erl_call` takes 10 ms where rabbitmqctl takes 1 s."""
        cookie = (self.folder / ".erlang.cookie").read_text().strip()
        # A node of its own for each call: a second one of the same name would be turned away.
        caller = f"call-{os.getpid()}-{next(_calls)}"
        call = [_erl_call(), "-sname", self.node, "-h", caller, "-c", cookie, "-timeout", "30", "-e"]
        done = subprocess.run(
            call, input=expression + "\n", env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0 or not done.stdout.startswith("{ok,"):
            raise ServerError(f"RabbitMQ refused {expression}: {done.stdout}{done.stderr}")
        return done.stdout


def _erl_call() -> str:
    found = shutil.which("erl_call") or shutil.which("erl_call", path="/usr/lib/erlang/bin")
    if found is None:
        raise ServerError("erl_call is not installed: install the package erlang-base.")
    return found
