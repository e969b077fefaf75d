"""Uploads and downloads: `check_media_file_for_spam`."""

import logging
import re
from io import BytesIO
from pathlib import Path
from typing import Any

from synapse.logging.context import current_context
from synapse.media._base import FileInfo
from synapse.media.media_storage import ReadableFileWrapper
from synapse.module_api import NOT_SPAM, ModuleApi
from synapse.module_api.errors import Codes

from siyaj_synapse import counts, refusal
from siyaj_synapse.client import File
from siyaj_synapse.desk import Desk
from siyaj_synapse.guard import requester
from siyaj_synapse.places import Places
from siyaj_synapse.refusal import Refusal

log = logging.getLogger(__name__)

_REMOTE = re.compile(r"/(?:download|thumbnail)/(?P<server>[^/?]+)/(?P<media>[^/?]+)")


class Media:
    def __init__(self, api: ModuleApi, desk: Desk, places: Places) -> None:
        self._api = api
        self._desk = desk
        self._places = places

    async def check_media_file_for_spam(self, file: ReadableFileWrapper, info: FileInfo) -> Any:
        """Raises SynapseError for a refused upload: a returned code reaches the client as "Bad content" alone."""
        if info.thumbnail is not None or info.url_cache:
            return NOT_SPAM  # drawn from what was checked already
        try:
            found = await self._refusal(file, info)
        except Exception:
            found = self._desk.stumbled("media", info.file_id)
        if found is None:
            return NOT_SPAM
        if info.server_name is None:
            raise refusal.raised(found)
        return Codes.FORBIDDEN

    async def _refusal(self, file: ReadableFileWrapper, info: FileInfo) -> Refusal | None:
        if Path(file.path).stat().st_size > self._desk.config.largest_media:
            counts.TOO_LARGE.inc()
            log.warning("media %s is larger than largest_media: let through unchecked", info.file_id)
            return None
        buffer = BytesIO()
        await file.write_chunks_to(buffer.write)
        mxc = self._address(info)
        event: dict[str, Any] = {"id": mxc[:256], "kind": "media"}
        if info.server_name is None and (uploader := requester()):
            event["account"] = await self._places.account(uploader)
        place = {"mxc": mxc, "path": file.path, "sender": event.get("account", {}).get("id", "")}
        return await self._desk.ask("media", event, [File(info.file_id, buffer.getvalue())], place=place)

    def _address(self, info: FileInfo) -> str:
        """Return the `mxc://` address. For media of other servers Synapse tells a file name of its own only."""
        if info.server_name is None:
            return f"mxc://{self._api.server_name}/{info.file_id}"
        request = getattr(current_context(), "request", None)
        asked = _REMOTE.search(request.url if request is not None else "")
        if asked is not None and asked["server"] == info.server_name:
            return f"mxc://{info.server_name}/{asked['media']}"
        return f"mxc://{info.server_name}/file:{info.file_id}"
