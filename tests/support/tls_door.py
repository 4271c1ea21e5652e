"""A door that speaks TLS before a server that does not: the Valkey of the wheel is built without."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Bytes that are carried at a time.
PIECE = 65_536


@contextmanager
def tls_door(certificate: Path, key: Path, behind: int) -> Iterator[int]:
    """Open a door on a free loopback port; whoever comes in is led to the port `behind`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a handshake that fails is what a test wants
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def opened() -> asyncio.Server:
        return await asyncio.start_server(lead, "127.0.0.1", 0, ssl=context)

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(_carry(reader, inside[1]), _carry(inside[0], writer))

    door = asyncio.run_coroutine_threadsafe(opened(), loop).result()
    try:
        yield door.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
