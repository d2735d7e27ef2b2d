"""Errors of the API: one JSON shape for all of them (RFC 9457), with a sentence and without internals.

A handler raises ``Problem``; ``@answers_problems`` turns it, and whatever else goes wrong, into the answer.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
import logging
from typing import Concatenate, Final

from aiohttp import web
import orjson

_LOGGER = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
#: What ``type`` of an answer begins with; the rest is the name of the problem.
TYPE_PREFIX: Final = "urn:panel-meter:problem:"


class Problem(Exception):
    """Why a request is not answered as asked."""

    def __init__(
        self,
        status: HTTPStatus,
        name: str,
        detail: str,
        *,
        reason: str | None = None,
        headers: dict[str, str] | None = None,
        hang_up: bool = False,
    ) -> None:
        """``name`` is the same for the same problem for ever; ``detail`` is a sentence that echoes no input.

        ``reason`` is a word for programs that tells problems of the same name apart. ``hang_up`` closes the connection,
        so that what is left of a body need not be read.
        """
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.reason = reason
        self.headers = headers or {}
        self.hang_up = hang_up

    def response(self) -> web.Response:
        """The answer."""
        body = {
            "type": f"{TYPE_PREFIX}{self.name}",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            **({} if self.reason is None else {"reason": self.reason}),
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        response = web.Response(body=orjson.dumps(body), status=self.status, content_type=CONTENT_TYPE, headers=headers)
        if self.hang_up:
            response.force_close()
        return response


def unauthorized(detail: str = "A valid token is needed: send it as 'Authorization: Bearer ...'.") -> Problem:
    """No token, or one that is not valid."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        detail,
        headers={"WWW-Authenticate": 'Bearer realm="Panel Meter"'},
        hang_up=True,
    )


def forbidden(detail: str) -> Problem:
    """Who asks is known and may not do this."""
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", detail, hang_up=True)


def not_found(detail: str) -> Problem:
    """There is no such thing, or nobody may know whether there is."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", detail)


def invalid(detail: str) -> Problem:
    """The request itself is wrong, such as a parameter that is no number."""
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", detail)


def unusable(detail: str, reason: str | None = None) -> Problem:
    """The request can be read, and what it says cannot be used."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unusable", detail, reason=reason)


def too_large(detail: str) -> Problem:
    """More than is taken at once."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail, hang_up=True)


def unsupported(detail: str) -> Problem:
    """A body of a kind that is not read."""
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported", detail, hang_up=True)


def too_many(seconds: int) -> Problem:
    """Too often; come again in so many seconds."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        f"These are too many requests. Try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        hang_up=True,
    )


def too_slow() -> Problem:
    """The body did not come in time."""
    return Problem(HTTPStatus.REQUEST_TIMEOUT, "too-slow", "The request did not come in time.", hang_up=True)


def gone(detail: str) -> Problem:
    """An old path that another way replaces."""
    return Problem(HTTPStatus.GONE, "gone", detail)


def not_yet(detail: str) -> Problem:
    """Something that does not exist yet."""
    return Problem(HTTPStatus.NOT_IMPLEMENTED, "not-implemented", detail)


def unavailable(detail: str = "Panel Meter is not running at the moment. Try again later.") -> Problem:
    """Not now: the hub is not loaded, or the ledger cannot be written."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers={"Retry-After": "30"})


def answers_problems[View, **Parameters](
    handler: Callable[Concatenate[View, web.Request, Parameters], Awaitable[web.StreamResponse]],
) -> Callable[Concatenate[View, web.Request, Parameters], Awaitable[web.StreamResponse]]:
    """Answer what a handler of a view raises in the one shape of all errors; log only what nobody expected."""

    @wraps(handler)
    async def answer(
        view: View, request: web.Request, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> web.StreamResponse:
        try:
            return await handler(view, request, *args, **kwargs)
        except Problem as problem:
            return problem.response()
        except web.HTTPException, ConnectionError:
            raise
        except Exception:
            _LOGGER.exception("A request to %s could not be answered", type(view).__name__)
            return Problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong in Panel Meter. The log of Home Assistant says more.",
            ).response()

    return answer
