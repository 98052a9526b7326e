"""A real OpenID provider, and Spotify's part, on loopback: redirects at once, and checks all."""

import asyncio
import json
import secrets
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

Json = dict[str, Any]
CLIENT_ID, CLIENT_SECRET = "soundroom-at-the-provider", "the provider's secret for us"
ACCESS, REFRESH = "access-token-of-the-provider", "refresh-token-of-the-provider"


class Key:
    """A key for signatures, with its id."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> Json:
        jwk: Json = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.id, "use": "sig", "alg": "RS256"}


class Provider:
    """Whoever comes is `person`. What is set otherwise here goes wrong there."""

    def __init__(self) -> None:
        self.person: Json = {}
        self.key = Key()
        self.asked: list[Json] = []
        self.begin_anew()
        self._codes: dict[str, Json] = {}
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    def begin_anew(self) -> None:
        """Nothing goes wrong."""
        self.claims: Json = {}  # in place of the right ones; `...` leaves one out
        self.sign: Callable[[Json], str] = self.signed
        self.answers: dict[str, Callable[[], Coroutine[Any, Any, web.StreamResponse]]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def settings(self) -> dict[str, str]:
        """The environment of a server to which this is Google and Spotify."""
        return {
            "GOOGLE_URL": self.url,
            "SPOTIFY_URL": f"{self.url}/spotify",
            "SPOTIFY_API_URL": f"{self.url}/spotify-api",
            **{f"{name}_CLIENT_ID": CLIENT_ID for name in ("GOOGLE", "SPOTIFY")},
            **{f"{name}_CLIENT_SECRET": CLIENT_SECRET for name in ("GOOGLE", "SPOTIFY")},
        }

    def signed(self, claims: Json) -> str:
        return jwt.encode(claims, self.key.private, "RS256", {"kid": self.key.id})

    def start(self) -> None:
        """Be there, at the same port as before."""
        self._run(self._start())

    def stop(self) -> None:
        """Be gone: connections are refused."""
        self._run(self._runner.cleanup())

    def close(self) -> None:
        self.stop()
        self._run(self._let_go())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _let_go(self) -> None:
        """Answers that were slow on purpose are not waited for."""
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await asyncio.sleep(0)  # for their connections to close

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        app = web.Application(middlewares=[self._instead])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/{path:(spotify/)?authorize}", self._authorize)
        app.router.add_post("/{path:token|spotify/api/token}", self._token)
        app.router.add_get("/spotify-api/v1/me", self._me)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    @web.middleware
    async def _instead(self, request: web.Request, handler: Any) -> web.StreamResponse:
        answer = self.answers.get(request.path)
        response: web.StreamResponse = await (answer() if answer else handler(request))
        return response

    async def _discovery(self, _request: web.Request) -> web.Response:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        paths = {name: f"{self.url}/{path}" for name, path in names.items()}
        return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **paths})

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.public()]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        if asked["client_id"] != CLIENT_ID or asked["response_type"] != "code":
            return web.Response(status=400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = {**asked, "person": dict(self.person)}
        back = urlencode({"code": code, "state": asked["state"]})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    async def _token(self, request: web.Request) -> web.Response:
        basic = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return web.json_response({"error": "invalid_client"}, status=401)
        form = await request.post()
        asked = self._codes.pop(str(form.get("code")), None)
        if asked is None or form.get("grant_type") != "authorization_code":
            return web.json_response({"error": "invalid_grant"}, status=400)
        challenge = urlsafe_b64encode(sha256(str(form.get("code_verifier")).encode()).digest())
        same_page = form.get("redirect_uri") == asked["redirect_uri"]
        if asked.get("code_challenge") != challenge.decode().rstrip("=") or not same_page:
            return web.json_response({"error": "invalid_grant"}, status=400)
        tokens = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 3600}
        tokens |= {"refresh_token": REFRESH, "scope": asked["scope"]}
        if "openid" in asked["scope"]:
            tokens["id_token"] = self.sign(self._claims(asked))
        return web.json_response(tokens)

    def _claims(self, asked: Json) -> Json:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "azp": CLIENT_ID, "iat": now}
        claims |= {"exp": now + 3600, "nonce": asked["nonce"], **asked["person"], **self.claims}
        return {name: value for name, value in claims.items() if value is not ...}

    async def _me(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {ACCESS}":
            return web.json_response({"error": {"status": 401}}, status=401)
        return web.json_response(self.person)


async def failing() -> web.StreamResponse:
    return web.json_response({"error": "out of order"}, status=500)


async def nothing_there() -> web.StreamResponse:
    return web.json_response({}, status=404)


async def silent() -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def rubbish() -> web.StreamResponse:
    return web.Response(text="<h1>Welcome to the network of this hotel</h1>")


async def too_long() -> web.StreamResponse:
    return web.Response(text=json.dumps({"pad": "x" * 2**20}), content_type="application/json")
