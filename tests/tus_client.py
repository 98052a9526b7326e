"""A bare tus client for tests, which says exactly what it is told to; and a user to use it."""

import base64
import io
import wave
from pathlib import Path
from random import Random
from typing import Any, Self

import aiohttp

from tests.client import Client

PIECE = {"Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    """`Upload-Metadata` of these values."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return ",".join(f"{key} {value}" for key, value in encoded.items())


RATE_HZ, FRAME_BYTES = 192_000, 8


def recording(path: Path, size_mb: float) -> bytes:
    """A WAV of about that size, which is not long: stereo, 192 kHz, 32 bit of noise."""
    random = Random(7)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(4)
        file.setframerate(RATE_HZ)
        for _ in range(int(size_mb * 8)):
            file.writeframes(random.randbytes(2**17))
    return path.read_bytes()


def seconds(data: bytes) -> float:
    """How long such a recording is."""
    return len(data) / FRAME_BYTES / RATE_HZ


class Tus:
    """A user's uploads by one server."""

    def __init__(self, client: Client, url: str = "") -> None:
        self.url = url or client.url
        self._headers = {"Authorization": f"Bearer {client.token}", "Tus-Resumable": "1.0.0"}

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ask(
        self, method: str, path: str = "/uploads/tus", data: Any = None, **headers: Any
    ) -> aiohttp.ClientResponse:
        """The answer to a request; `Upload_Offset=1` is the header `Upload-Offset`."""
        sent = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        response = await self._http.request(method, self.url + path, headers=sent, data=data)
        await response.read()
        return response

    async def begin(self, size: int, **values: str) -> str:
        """A new upload's path."""
        said = {"Upload_Metadata": metadata(**values)} if values else {}
        response = await self.ask("POST", Upload_Length=size, **said)
        assert response.status == 201, await response.text()
        return response.headers["Location"]

    async def add(self, path: str, offset: int, data: Any) -> aiohttp.ClientResponse:
        """The answer to a piece."""
        data = io.BytesIO(data) if isinstance(data, bytes) else data
        return await self.ask(
            "PATCH", path, data, Upload_Offset=offset, Content_Type=PIECE["Content-Type"]
        )

    async def offset(self, path: str) -> int:
        """Where to go on."""
        response = await self.ask("HEAD", path)
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        return int(response.headers["Upload-Offset"])

    async def state(self, path: str) -> dict[str, Any]:
        """What has become of it."""
        response = await self.ask("GET", path)
        assert response.status == 200
        found: dict[str, Any] = (await response.json())["data"]
        return found
