"""The log of every process: one line per event on standard error, JSON unless a person is watching.

An exception is logged by its type and by where it happened, never by its message: messages quote what was
typed. Never log a NIR, a name, a birth date, a card secret or a token.
"""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_FRAMES_SHOWN = 8


def configure_logging(process_name: str) -> None:
    """Send the log of this process, and of the libraries that it uses, to standard error."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process_name=process_name)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _say_where,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)


def _say_where(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put the type of an exception and the last frames in the place of its message."""
    raised = event.pop("exc_info", None)
    error = _exception_of(raised)
    if error is not None:
        event["error"] = type(error).__name__
        if isinstance(error, ImportError):
            event["module"] = error.name
        event["at"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
            if not frame.filename.startswith("<frozen")
        ][-_FRAMES_SHOWN:]
    return event


def _exception_of(raised: object) -> BaseException | None:
    if isinstance(raised, BaseException):
        return raised
    if isinstance(raised, tuple):
        return raised[1] if isinstance(raised[1], BaseException) else None
    return sys.exc_info()[1] if raised else None
