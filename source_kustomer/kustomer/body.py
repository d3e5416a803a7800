"""The body of an answer: decompressed and decoded, within limits of memory."""

from __future__ import annotations

import codecs
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 200
"""Levels of nesting that are decoded of an error body, and of a body that orjson does not accept.
What lies deeper is kept as JSON text. orjson itself decodes up to 1,024 levels."""
MAX_BODY: Final = 256 << 20
"""Bytes of a decompressed body."""
MAX_ERROR_BODY: Final = 1 << 20
"""Bytes of a decompressed error body."""
MAX_DECODED: Final = 512 << 20
"""Bytes that the decoded values of a body may take, as `weight_of` estimates them."""

_CHUNK: Final = 1 << 20
_AUTOMATIC_HEADER: Final = 32
"""Makes zlib detect whether a body is gzip or deflate."""
_BYTES_PER_VALUE: Final = 100
_BYTES_PER_CONTAINER: Final = 200
"""What a value, and an object or a list, take in CPython, with their place in the container."""
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATES: Final = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
_MAX_INTEGER_DIGITS: Final = 4_300
"""Python reads no longer integers (sys.int_info.default_max_str_digits)."""


class BrokenBody(ValueError):
    """A body that is not a JSON object, for example one that is incomplete, or an HTML page."""


class BodyTooLarge(Exception):
    """A body, or what it decodes to, exceeds a limit."""


def _accept_all(length: int) -> None:
    """Accept any length."""


def decode(
    content: bytes,
    encoding: str = "",
    *,
    max_bytes: int = MAX_BODY,
    on_growth: Callable[[int], None] = _accept_all,
) -> tuple[dict[str, Any], int]:
    """Decompress and decode a body.

    Args:
        content: the body as received.
        encoding: its Content-Encoding: gzip, deflate, or empty.
        max_bytes: the limit of its decompressed length.
        on_growth: called with the number of bytes that the body takes, as often as that grows.

    Returns:
        The JSON object, and the body's decompressed length.

    Raises:
        BrokenBody: when it is not a JSON object.
        BodyTooLarge: when it exceeds a limit.
    """
    body = decompress(content, encoding, max_bytes=max_bytes, on_growth=on_growth)
    if body.startswith(codecs.BOM_UTF8):
        body = body[len(codecs.BOM_UTF8) :]
    weight = weight_of(body)
    if weight > MAX_DECODED:
        raise BodyTooLarge(f"the answer holds more values than fit into {MAX_DECODED >> 20} MB")
    on_growth(weight)
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        decoded = _decode_tolerantly(body)
    if not isinstance(decoded, dict):
        raise BrokenBody("the answer is not a JSON object")
    return decoded, len(body)


def decode_error(content: bytes, encoding: str = "") -> dict[str, Any]:
    """Decode the body of an answer that is not a success. It is small, and not nested deeply.

    Raises:
        BrokenBody: when it is not a JSON object, or too large.
    """
    try:
        body = decompress(content, encoding, max_bytes=MAX_ERROR_BODY)
    except BodyTooLarge as error:
        raise BrokenBody(str(error)) from None
    return decode(_with_deep_parts_as_text(body))[0]


def weight_of(body: bytes | bytearray) -> int:
    """Estimate the bytes that the decoded values of a body take.

    Every value but the first follows a comma or an opening bracket.
    """
    values, containers = body.count(b","), body.count(b"{") + body.count(b"[")
    return len(body) + values * _BYTES_PER_VALUE + containers * _BYTES_PER_CONTAINER


def decompress(
    content: bytes,
    encoding: str,
    *,
    max_bytes: int = MAX_BODY,
    on_growth: Callable[[int], None] = _accept_all,
) -> bytes | bytearray:
    """Decompress a body. A gzip body may consist of several members (RFC 1952, section 2.2).

    Raises:
        BrokenBody: when it is incomplete, or compressed in another way than requested.
        BodyTooLarge: when it is longer than `max_bytes`.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        if len(content) > max_bytes:
            raise BodyTooLarge(f"the answer is larger than {max_bytes >> 20} MB")
        return content
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BrokenBody("the answer is compressed in a way that was not requested")
    body = bytearray()
    for chunk in _members(content):
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge(f"the decompressed answer is larger than {max_bytes >> 20} MB")
        on_growth(len(body))
    return body


def _members(content: bytes) -> Iterator[bytes]:
    """Yield what each member of a compressed body contains, in chunks of bounded size."""
    while content:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | _AUTOMATIC_HEADER)
        try:
            while not member.eof:
                chunk = member.decompress(content, _CHUNK)
                content = member.unconsumed_tail
                if not chunk and not content and not member.eof:
                    raise BrokenBody("the compressed answer is incomplete")
                yield chunk
        except zlib.error:
            raise BrokenBody("the compressed answer is damaged") from None
        # Padding after the last member is not a member (RFC 1952 leaves it to the reader).
        content = member.unused_data.lstrip(b"\0")


def _with_deep_parts_as_text(body: bytes | bytearray) -> bytes:
    """Return a body in which each part below `MAX_DEPTH` is a string that holds its JSON text.

    Raises:
        BrokenBody: when such a part does not end.
    """
    parts: list[bytes | bytearray] = []
    copied = start = depth = 0
    for match in _TOKEN.finditer(body):
        token = body[match.start()]
        if token in b"[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                start = match.start()
        elif token in b"]}":
            if depth == MAX_DEPTH + 1:
                text = json.dumps(body[start : match.end()].decode("utf-8", "replace"))
                parts += [body[copied:start], text.encode()]
                copied = match.end()
            depth -= 1
    if depth > MAX_DEPTH:
        raise BrokenBody("the answer is not valid JSON")
    return b"".join([*parts, body[copied:]])


def _decode_tolerantly(body: bytes | bytearray) -> Any:
    """Decode what strict JSON rejects, so that one record does not hold up all others.

    Lone surrogates, which no row may contain, and bytes that are not UTF-8 are replaced by U+FFFD.
    Control characters are accepted. Integers keep all digits. What no number holds (NaN, 1e400)
    becomes its text, which no number column accepts. Deep parts become JSON text.

    Raises:
        BrokenBody: when it is not JSON at all.
    """
    try:
        body = _with_deep_parts_as_text(body)
        text = body.decode(json.detect_encoding(bytes(body[:4])), "replace")
        decoded = json.loads(
            text,
            strict=False,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=str,
        )
    except (ValueError, RecursionError):
        raise BrokenBody("the answer is not valid JSON") from None
    return _without_surrogates(decoded)


def _integer(digits: str) -> int | str:
    """Return an integer, or the text of one that Python does not read."""
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_SURROGATES)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
