"""Commands speak for themselves: only what is wrong is logged, until a role sets logging up."""

import logging

import structlog


def quiet() -> None:
    """Log warnings and worse, to stderr."""
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
