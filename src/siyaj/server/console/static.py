"""`/static/…`: style, scripts, icons. Kept in memory; an address with the right `v` may be kept for ever."""

import mimetypes
from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from siyaj.model.errors import NotFound
from siyaj.server.console.page import static_files

FOR_EVER = "public, max-age=31536000, immutable"


@get("/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static_file(name: FromPath[str], v: Annotated[str, QueryParameter(max_length=64)] = "") -> Response[bytes]:
    if name not in static_files():
        raise NotFound("there is no such file")
    data, version = static_files()[name]
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    kept = FOR_EVER if v == version else "no-cache"
    return Response(data, media_type=kind, headers={"cache-control": kept, "etag": f'"{version}"'})
