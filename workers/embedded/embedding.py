"""Places for what has no URL: an SQLite file, and a Valkey of our own for messages and tasks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pydantic import SecretStr

from store.engine.migrating import upgrade
from workers.embedded.data_folder import DataFolder
from workers.embedded.valkey import Valkey
from workers.settings import Settings
from writeoff.value import Value

DATABASE = "WRITEOFF_DATABASE_URL"
BROKER = "WRITEOFF_BROKER_URL"
TASKS = "WRITEOFF_TASKS_URL"


class Embedding(Value, frozen=True, kw_only=True):
    """Settings in which every URL is set, and where the embedded ones are, by their variable."""

    settings: Settings
    embedded: dict[str, str]


@contextmanager
def embedding(settings: Settings) -> Iterator[Embedding]:
    """Embed what has no URL as long as the block lasts; an embedded database gets this version's schema.

    Raises `DataFolderUnusable`, `ValkeyUnusable` and `SchemaAhead`.
    """
    given = {DATABASE: settings.database_url, BROKER: settings.broker_url, TASKS: settings.tasks_url}
    missing = {variable for variable, url in given.items() if url is None}
    urls: dict[str, str] = {}
    embedded: dict[str, str] = {}
    with ExitStack() as stack:
        if missing:
            folder = stack.enter_context(DataFolder.locked(settings.data_dir))
            if DATABASE in missing:
                upgrade(folder.database_url)
                urls["database_url"] = folder.database_url
                embedded[DATABASE] = str(folder.database_file)
            if missing & {BROKER, TASKS}:
                valkey = Valkey.start(folder.path / "valkey", keeps_open=(folder.lock,))
                stack.callback(valkey.stop)
                if BROKER in missing:
                    urls["broker_url"] = valkey.broker_url
                    embedded[BROKER] = valkey.broker_url
                if TASKS in missing:
                    urls["tasks_url"] = valkey.tasks_url
                    embedded[TASKS] = valkey.tasks_url
        complete = settings.model_copy(update={name: SecretStr(url) for name, url in urls.items()})
        yield Embedding(settings=complete, embedded=embedded)
