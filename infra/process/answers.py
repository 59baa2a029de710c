"""Whether an HTTP server answers well: the ready check of whatever has a page."""

import asyncio
import http.client
import urllib.error
import urllib.request


async def answers(url: str, within: float = 2.0) -> bool:
    """True for 2xx; False also where what answers there speaks no HTTP. Raises OSError where nobody listens."""
    return await asyncio.to_thread(_answers, url, within)


def _answers(url: str, within: float) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=within):  # noqa: S310 - a URL of ours
            return True
    except (urllib.error.HTTPError, http.client.HTTPException):
        return False
