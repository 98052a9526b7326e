"""`/`: the web client's files, or how to get them."""

from pathlib import Path

from aiohttp import web

from models.errors import NotFound

ONE_YEAR = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob: https:; media-src 'self' blob:; "
    "connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Soundroom</title>
<h1>Soundroom is running</h1>
<p>The web client has not been built yet. With Node 20 or newer installed, run
<code>make web</code> in the project's folder and reload this page.</p></html>"""


def add_web_client(app: web.Application, dist: Path) -> None:
    """Serve the built client from `dist`; look for it anew each time, as it may come later."""

    async def page(_request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        index = dist / "index.html"
        if index.is_file():
            return web.FileResponse(index, headers=headers)
        return web.Response(text=NOT_BUILT, content_type="text/html", headers=headers)

    async def asset(request: web.Request) -> web.StreamResponse:
        folder, name = dist / "assets", request.match_info["name"]
        # Names of files that are there, and not the path that a stranger sends, reach the disk.
        found = [file for file in folder.glob("*") if file.name == name and file.is_file()]
        if not found:
            raise NotFound("There is nothing at this address.")
        # Vite puts a hash of the content into the name.
        return web.FileResponse(found[0], headers={"Cache-Control": ONE_YEAR})

    app.router.add_get("/", page)
    app.router.add_get("/assets/{name}", asset)
