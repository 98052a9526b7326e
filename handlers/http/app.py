"""The HTTP side as one application: routes, the transport, the web client, headers."""

from pathlib import Path

from aiohttp import web

from handlers.http.cors import cors
from handlers.http.export import add_export_routes
from handlers.http.health import add_health_routes
from handlers.http.media import add_media_routes
from handlers.http.oauth import add_oauth_routes
from handlers.http.routes import SERVICES, add_routes, catch
from handlers.http.tus import add_tus_routes
from handlers.http.uploads import add_upload_routes
from handlers.http.web_client import add_web_client
from handlers.services import Services

WEB_CLIENT = Path(__file__).parents[2] / "web" / "dist"


def make_app(services: Services) -> web.Application:
    """Everything under one port."""
    app = web.Application(middlewares=[cors, catch], client_max_size=64 * 1024)
    app[SERVICES] = services
    app.on_response_prepare.append(protect)
    services.sio.attach(app)
    add_health_routes(app)
    add_routes(app)
    add_oauth_routes(app)
    add_upload_routes(app)
    add_export_routes(app)
    add_tus_routes(app)
    add_media_routes(app)
    add_web_client(app, WEB_CLIENT)
    return app


async def protect(_request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every answer has."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.pop("Server", None)
