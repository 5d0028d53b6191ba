"""The HTTP face: one path that scores, one that describes it, and one shape for every error.

A plain Starlette application, so that nothing here depends on the server around it. What is heavy is
loaded when the server starts, not when this module is imported.
"""

import asyncio
import gc
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from leadml.errors import LeadmlError
from leadml.history.requests import ScoreRequest, read_request
from leadml.service.openapi import describe
from leadml.wording.texts import Language

LARGEST_BODY = 2 * 1024 * 1024
BODY_SECONDS = 10.0

_METHODS = {"/v1/score": "POST", "/v1/openapi.json": "GET"}

logger = logging.getLogger(__name__)


class Desk(Protocol):
    """Whoever answers requests. All calls come from one thread, one after the other."""

    def answer(self, request: ScoreRequest) -> dict[str, object]:
        """Answer one request."""

    def close(self) -> None:
        """Let go of files."""


def create_application(open_desk: Callable[[], Desk]) -> Starlette:
    """Make the application.

    Parameters
    ----------
    open_desk : function without arguments
        Loads what answers; called once, when the server starts and before it takes requests.

    Returns
    -------
    application : Starlette
    """

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        # One thread: the ledger's connection and the order of what was known belong to it, and the
        # event loop stays free for health checks while a thousand leads are scored.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk") as thread:
            loop = asyncio.get_running_loop()
            desk = await loop.run_in_executor(thread, open_desk)
            application.state.thread, application.state.desk = thread, desk
            _settle_memory()
            yield
            await loop.run_in_executor(thread, desk.close)

    return Starlette(
        routes=[
            Route("/v1/score", _score, methods=["POST"]),
            Route("/v1/openapi.json", _openapi, methods=["GET"]),
            # Last: whatever nobody answers is answered here, in the one shape.
            Route("/{path:path}", _elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        ],
        exception_handlers={
            LeadmlError: _say_problem,
            ClientDisconnect: _say_nothing,
        },
        lifespan=lifespan,
    )


async def _score(request: Request) -> Response:
    content_type = request.headers.get("content-type", "")
    if content_type.split(";")[0].strip().lower() != "application/json":
        # Also keeps a foreign web page from posting to a service on its reader's own machine.
        raise LeadmlError("not_json", where="Content-Type", problem=repr(content_type))
    state, loop = request.app.state, asyncio.get_running_loop()
    asked = read_request(await _read_body(request))
    try:
        return _json(await loop.run_in_executor(state.thread, state.desk.answer, asked))
    except LeadmlError:
        raise
    except Exception as error:
        # Places in the code only: the text of an error may quote a lead.
        logger.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        raise LeadmlError("fault", where=type(error).__name__) from None


async def _read_body(request: Request) -> bytes:
    """Read a body up to the limit, whether or not it declares its length; stop reading beyond it."""
    too_large = LeadmlError("body_too_large", where="request", limit=LARGEST_BODY)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise LeadmlError("body_too_slow", where="request", seconds=round(BODY_SECONDS)) from None
    return bytes(body)


async def _openapi(_: Request) -> Response:
    return _json(describe())


async def _elsewhere(request: Request) -> Response:
    path, method = request.url.path, _METHODS.get(request.url.path)
    if method is None:
        raise LeadmlError("not_found", where=path, path=path)
    raise LeadmlError("method_not_allowed", where=path, path=path, method=request.method, allowed=method)


async def _say_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, LeadmlError):  # registered for no other
        raise error
    headers = {"Allow": str(error.values["allowed"])} if error.code == "method_not_allowed" else {}
    if error.code in ("body_too_large", "body_too_slow"):
        headers["Connection"] = "close"  # or the server would go on reading what nobody wants
    return _error(request, error, headers)


async def _say_nothing(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


def _error(request: Request, error: LeadmlError, headers: dict[str, str]) -> Response:
    language = preferred_language(request.headers.get("accept-language", ""))
    return Response(
        orjson.dumps(error.to_dict(language)),
        status_code=error.http_status,
        headers={"Content-Language": language, "Vary": "Accept-Language", **headers},
        media_type="application/json",
    )


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


def preferred_language(header: str) -> Language:
    """Choose between English and Japanese as `Accept-Language` asks; English when it does not say.

    Parameters
    ----------
    header : str
        For example `ja,en-US;q=0.7`.

    Returns
    -------
    language : {"en", "ja"}

    Examples
    --------
    >>> preferred_language("ja-JP,en;q=0.7"), preferred_language("en, ja;q=0.9"), preferred_language("")
    ('ja', 'en', 'en')
    """
    weights = {"en": 0.0, "ja": 0.0}
    for choice in header.split(","):
        name, _, weight = choice.partition(";")
        language = name.strip().lower().split("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _weight(weight))
    return "ja" if weights["ja"] > weights["en"] else "en"


def _weight(text: str) -> float:
    """Read `q=0.7`; what cannot be read counts as 1, as if it had not been said."""
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 1.0


def _settle_memory() -> None:
    """Take the loaded model out of the garbage collector's sight: it cost pauses of 120 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
