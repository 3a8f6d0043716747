"""Log lines are JSON with the id of the request, and never hold local variables."""

import io
import json
import logging

import structlog

from config.logging import configure_logging


def lines_of(message: str, *, failing: bool) -> list[dict[str, object]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter())
    logger = logging.getLogger("test of logs")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        _write(logger, message, failing)
    finally:
        logger.removeHandler(handler)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _formatter() -> logging.Formatter:
    settings = configure_logging("INFO")["formatters"]["json"]
    formatter = settings.pop("()")(**settings)
    assert isinstance(formatter, logging.Formatter)
    return formatter


def _write(logger: logging.Logger, message: str, failing: bool) -> None:
    secret_name = "Confidential Holdings Ltd"
    try:
        if failing:
            raise ValueError(len(secret_name))
        logger.warning(message)
    except ValueError:
        logger.exception(message)


def test_line_carries_level_logger_time_and_request_id() -> None:
    with structlog.contextvars.bound_contextvars(request_id="caller-id-0001"):
        (line,) = lines_of("something happened", failing=False)
    assert line["event"] == "something happened"
    assert (line["level"], line["logger"], line["request_id"]) == (
        "warning",
        "test of logs",
        "caller-id-0001",
    )
    assert "timestamp" in line


def test_traceback_is_logged_without_the_values_of_variables() -> None:
    (line,) = lines_of("it failed", failing=True)
    assert "ValueError" in json.dumps(line)
    assert "Confidential" not in json.dumps(line)
