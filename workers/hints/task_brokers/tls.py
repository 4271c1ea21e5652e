"""TLS for Dramatiq's RabbitMQ client: the server is always verified, as for the other connections."""

import ssl

from workers.brokers.address import TlsFiles


def verified(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that verifies certificate and host; raises `OSError` for a missing file."""
    context = ssl.create_default_context(cafile=files.ca_certs)
    if files.certfile:
        context.load_cert_chain(files.certfile, files.keyfile)
    return context
