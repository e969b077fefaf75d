"""Reads request bodies: JSON as it is, multipart (RFC 7578) piece by piece, within limits."""

from collections.abc import Sequence

from litestar.types import Receive, Scope
from msgspec import Struct
from multipart import MultipartError, PushMultipartParser, parse_options_header
from multipart import MultipartSegment as Segment

from siyaj.model.errors import InvalidRequest, RequestTooLarge, SiyajError, UnsupportedMediaType
from siyaj.model.event import MediaFile


class ClientGone(SiyajError):
    """Nobody is there to read an answer."""


class Body(Struct):
    """The JSON of a request, and the files that came beside it."""

    json: bytes
    files: Sequence[MediaFile] = ()


async def read_body(scope: Scope, receive: Receive, part: str, most_files: int) -> Body:
    """Read JSON, or multipart with one part called `part` that is the JSON and files beside it.

    Raises InvalidRequest, RequestTooLarge, UnsupportedMediaType.
    """
    kind, options = parse_options_header(content_type(scope))
    if kind in ("application/json", ""):
        return Body(await _whole(receive))
    if kind != "multipart/form-data":
        raise UnsupportedMediaType(f"the body is {kind!r}", hint="send application/json or multipart/form-data")
    if not options.get("boundary"):
        raise InvalidRequest("the multipart body names no boundary", field="content-type")
    return await _multipart(receive, options["boundary"], part, most_files)


def content_type(scope: Scope) -> str:
    """Return the header `content-type` as it came; empty where there is none."""
    return next((value for name, value in scope["headers"] if name == b"content-type"), b"").decode("latin-1")


async def _whole(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone("the client went away")
    body: bytes = message["body"]  # type: ignore[typeddict-item]
    if not message["more_body"]:  # type: ignore[typeddict-item]
        return body
    pieces = [body]
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the client went away")
        pieces.append(message["body"])  # type: ignore[typeddict-item]
        if not message["more_body"]:  # type: ignore[typeddict-item]
            return b"".join(pieces)


async def _multipart(receive: Receive, boundary: str, part: str, most_files: int) -> Body:
    reader = _Reader(part, most_files)
    try:
        parser = PushMultipartParser(boundary, max_header_size=8_192, max_segment_count=most_files + 1, strict=True)
        more = True
        while more and not parser.closed:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone("the client went away")
            more = message["more_body"]  # type: ignore[typeddict-item]
            if piece := message["body"]:  # type: ignore[typeddict-item]
                for event in parser.parse(piece):
                    reader.take(event)
        parser.close()
    except (MultipartError, UnicodeDecodeError, ValueError) as error:
        if "segment_count" in str(error) or "Maximum segment count" in str(error):
            raise RequestTooLarge(f"there are more than {most_files} files") from None
        raise InvalidRequest(f"the multipart body is damaged: {error}") from None
    return reader.body()


class _Reader:
    """Sorts the pieces of a multipart body: the JSON part, and files."""

    def __init__(self, part: str, most_files: int) -> None:
        self._part = part
        self._most_files = most_files
        self._json: bytearray | None = None
        self._files: list[tuple[str, bytearray]] = []
        self._current = bytearray()

    def take(self, event: Segment | bytes | bytearray | None) -> None:
        if isinstance(event, Segment):
            self._begin(event)
        elif event is not None:
            self._current += event

    def _begin(self, segment: Segment) -> None:
        self._current = bytearray()
        if segment.name == self._part:
            if self._json is not None:
                raise InvalidRequest(f"the part {self._part!r} came twice", field=self._part)
            self._json = self._current
        else:
            if len(self._files) >= self._most_files:
                raise RequestTooLarge(f"there are more than {self._most_files} files")
            self._files.append((segment.filename or segment.name or "", self._current))

    def body(self) -> Body:
        if self._json is None:
            raise InvalidRequest(f"the part {self._part!r} with the JSON is missing", field=self._part)
        return Body(bytes(self._json), [MediaFile(name[:255], bytes(data)) for name, data in self._files])
