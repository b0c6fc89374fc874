"""A stand-in for the Hugging Face Hub: the routes by which models are uploaded and downloaded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_stand_in"
LARGE = (".keras", ".h5")  # what goes by Git LFS


class Hub:
    """Serves repositories of models from memory; a context manager.

    Attributes:
        repositories: dict from "user/model" to dict from file names to bytes.
        commits: list of (repository, names of the files), in their order.
        asked: list of "METHOD path" of all requests.
        url: str.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.objects: dict[str, bytes] = {}  # by SHA-256
        self.commits: list[tuple[str, list[str]]] = []
        self.asked: list[str] = []

    def __enter__(self) -> Hub:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.hub = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def commit(self, repository: str, lines: bytes) -> str:
        """Takes a commit of one JSON object a line; returns its id."""
        names = []
        for line in map(json.loads, lines.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                content = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.objects[value["oid"]]
                assert len(content) == value["size"]
            else:
                assert line["key"] == "header", line
                continue
            self.repositories[repository][value["path"]] = content
            names.append(value["path"])
        self.commits.append((repository, names))
        return self.oid()

    def oid(self) -> str:
        """The id of the last commit."""
        return hashlib.sha1(str(len(self.commits)).encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    do_GET = do_POST = do_PUT = do_HEAD

    def _answer(self) -> None:
        hub: Hub = self.server.hub  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        hub.asked.append(f"{self.command} {path}")
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            return self._file(hub, *found.groups())
        if found := re.fullmatch(r"/cdn/(\w{64})", path):
            return self._send(200, hub.objects[found[1]])
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" and "/lfs/" not in path:
            return self._send(401, {"error": "Invalid username or password."})
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
            status = 409 if name in hub.repositories else 200
            hub.repositories.setdefault(name, {})
            return self._send(status, {"url": f"{hub.url}/{name}"})
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if found := re.fullmatch(r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            return self._send(200, self._batch(hub, json.loads(body)))
        if found := re.fullmatch(r"/lfs/(\w{64})", path):
            assert hashlib.sha256(body).hexdigest() == found[1]
            hub.objects[found[1]] = body
            return self._send(200, {})
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(preupload|commit)/main", path):
            if found[1] not in hub.repositories:
                return self._send(404, {"error": "Not found"}, {"X-Error-Code": "RepoNotFound"})
            if found[2] == "preupload":
                names = [file["path"] for file in json.loads(body)["files"]]
                modes = [
                    {"path": n, "uploadMode": "lfs" if n.endswith(LARGE) else "regular"}
                    for n in names
                ]
                return self._send(200, {"files": [m | {"shouldIgnore": False} for m in modes]})
            oid = hub.commit(found[1], body)
            url = f"{hub.url}/{found[1]}/commit/{oid}"
            return self._send(200, {"success": True, "commitUrl": url, "commitOid": oid})
        return self._send(404, {"error": f"no route {path}"})

    def _batch(self, hub: Hub, asked: dict) -> dict:
        """Where the objects go that are not there yet."""
        objects = []
        for one in asked["objects"]:
            action = {"upload": {"href": f"{hub.url}/lfs/{one['oid']}"}}
            known = one["oid"] in hub.objects
            objects.append(one if known else one | {"actions": action})
        return {"transfer": "basic", "objects": objects}

    def _file(self, hub: Hub, repository: str, name: str) -> None:
        """A file; a large one is elsewhere."""
        files = hub.repositories.get(repository)
        if files is None or name not in files:
            code = "RepoNotFound" if files is None else "EntryNotFound"
            return self._send(404, {"error": "Not found"}, {"X-Error-Code": code})
        content, commit = files[name], {"X-Repo-Commit": hub.oid()}
        if not name.endswith(LARGE):
            tag = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
            return self._send(200, content, commit | tag)
        oid = hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(content))}
        elsewhere = hub.url.replace("127.0.0.1", "localhost")  # another host, as it is in earnest
        return self._send(302, b"", commit | linked | {"Location": f"{elsewhere}/cdn/{oid}"})

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
