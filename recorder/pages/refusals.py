"""Refusals of the interview room in the form that its pages and programs read, and request body parsing.

    {"error": {"code", "what", "meaning", "todo", "detail"}}

The sentences are English; pages find their own by `code` (`messages.REFUSALS`). `detail` is the value of
their placeholder, and is for a log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.recording.channel import ChannelError
from casework.recording.channel import Refused as ChildRefused
from recorder.pages.messages import REFUSALS


class Unfit(Exception):
    """A request that is answered with a refusal."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def refusal(code: str, detail: str = "") -> JSONResponse:
    """Return the answer for a code of `messages.REFUSALS`."""
    trouble = REFUSALS.get(code, REFUSALS["recorder.away"])
    error = {
        "code": code,
        "what": trouble.what.replace("{detail}", detail),
        "meaning": trouble.meaning,
        "todo": trouble.todo,
        "detail": detail,
    }
    return JSONResponse({"error": error}, trouble.status)


class RoomRoute(APIRoute):
    """A route of the interview room: answers `Unfit`, a recorder child's error and its silence.

    `request.state.arrived` is when the request got here, in s on the monotonic clock.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, with these answers around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            request.state.arrived = time.monotonic()
            try:
                return await handle(request)
            except Unfit as unfit:
                return refusal(unfit.code, unfit.detail)
            except ChildRefused as refused:
                known = refused.code in REFUSALS
                return refusal(refused.code, refused.message) if known else refusal("recorder.away")
            except ChannelError:
                return refusal("recorder.away")

        return answer


async def body(request: Request, longest: int) -> dict[str, Any]:
    """Parse the JSON object in a request of at most `longest` bytes. Raises `Unfit`."""
    data = await request.body()
    if len(data) > longest:
        raise Unfit("body.too-large", f"at most {longest} bytes")
    try:
        value = json.loads(data, parse_constant=_no_constant)
        # A lone surrogate is no text: later code could not encode it.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Unfit("body.malformed", "not JSON") from error
    if not isinstance(value, dict):
        raise Unfit("body.malformed", "not a JSON object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
