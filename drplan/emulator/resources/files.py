"""Uploaded bytes: kept in the store beside the objects that refer to them."""

import base64
import io
import zipfile
from collections.abc import Iterable

from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Store
from drplan.emulator.http.call import Answer


def keep_file(store: Store, content: bytes, owner: str, file_id: str | None = None) -> str:
    """Keep a file, under an id of its own unless one is given, and give the id; `drop_files` of its owner ends it."""
    file_id = file_id or new_id()
    store.put("file", file_id, {"content": base64.b64encode(content).decode("ascii")}, parent=owner)
    return file_id


def read_file(store: Store, file_id: str) -> bytes:
    """Give a kept file's bytes; KeyError when it is gone."""
    doc = store.get("file", file_id)
    if doc is None:
        raise KeyError(file_id)
    return base64.b64decode(doc["content"])


def drop_files(store: Store, owner: str) -> None:
    """Forget every file of an owner."""
    store.db.execute("DELETE FROM objects WHERE kind = 'file' AND parent = ?", (owner,))


def download(content: bytes, filename: str, content_type: bytes) -> Answer:
    """Give bytes as a file to save."""
    quoted = filename.replace("\\", "_").replace('"', "_").encode("ascii", "replace")
    disposition = b'attachment; filename="' + quoted + b'"'
    return Answer(200, content=content, headers=((b"content-disposition", disposition),), content_type=content_type)


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Give a ZIP archive of (path, bytes) pairs, the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in files:
            target.writestr(zipfile.ZipInfo(path), content)
    return buffer.getvalue()


def plain(text: str) -> Answer:
    """Give a text that is no JSON, such as a log."""
    return Answer(200, text, content_type=b"text/plain; charset=utf-8")
