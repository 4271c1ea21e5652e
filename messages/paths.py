"""Where in a message something stands: `data.accounts[0].account_id`; empty for the whole body."""


def join(base: str, path: str) -> str:
    """Give `path`, as seen from the value at `base`, as seen from the message; either may be empty."""
    separator = "." if base and path and not path.startswith("[") else ""
    return f"{base}{separator}{path}"
