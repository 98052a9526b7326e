"""The library: who may do what."""

from uuid import UUID, uuid4

import uuid_utils.compat

from tests.rights.scene import Json, Rows, Scene


async def artist_of(scene: Scene) -> Json:
    """A new artist, entered by the host."""
    made = await scene.people["host"].ok("artist:create", {"name": uuid4().hex})
    return {"artistId": made["id"]}


async def track_of(scene: Scene) -> Json:
    """A new track of the host's."""
    track_id = uuid_utils.compat.uuid7()
    await scene.house.execute(
        "INSERT INTO tracks"
        " (id, created_at, name, name_key, duration, url, mime_type, waveform, uploaded_by_id)"
        " VALUES ($1, CURRENT_TIMESTAMP, 'Song', 'song', 30, '/media/a', 'audio/mp4', '[]', $2)",
        track_id,
        UUID(scene.people["host"].id),
    )
    return {"trackId": str(track_id)}


async def public(scene: Scene, *, with_track: bool = False) -> Json:
    """A new playlist of the host's that everybody sees."""
    return await playlist_of(scene, with_track=with_track, isPublic=True)


async def filled(scene: Scene) -> Json:
    """The same with a track, and the track."""
    return await public(scene, with_track=True)


async def private(scene: Scene) -> Json:
    """A new playlist that the host alone sees."""
    return await playlist_of(scene)


async def playlist_of(scene: Scene, *, with_track: bool = False, **settings: bool) -> Json:
    host = scene.people["host"]
    made = await host.ok("playlist:create", {"name": "Mix", **settings})
    playlist = {"playlistId": made["id"]}
    if with_track:
        playlist["trackId"] = scene.track
        await host.ok("playlist:add_track", playlist)
    return playlist


async def adding(scene: Scene) -> Json:
    return {**await public(scene), "trackId": scene.track}


async def moving(scene: Scene) -> Json:
    return {**await filled(scene), "position": 0}


# The artists, tracks and playlists are the host's. The playlists to be read are private: those of
# somebody else do not exist. Those to be changed are public; of private ones see test_playlist.py.
ROWS: Rows = {
    #                         s o k g m d h mod fr bl ad
    "artist:create":         ("+ + + + + + + + + + +", lambda _: {"name": uuid4().hex}),
    "artist:delete":         ("f f f f f f + + f f +", artist_of),
    "artist:get":            ("+ + + + + + + + + + +", artist_of),
    "artist:list":           ("+ + + + + + + + + + +", lambda _: {}),
    "artist:update":         ("f f f f f f + + f f +", artist_of),
    "favorite:add":          ("+ + + + + + + + + + +", lambda s: {"trackId": s.track}),
    "favorite:list":         ("+ + + + + + + + + + +", lambda _: {}),
    "favorite:remove":       ("+ + + + + + + + + + +", lambda s: {"trackId": s.track}),
    "playlist:add_track":    ("f f f f f f + + f n +", adding),
    "playlist:create":       ("+ + + + + + + + + + +", lambda _: {"name": "Mix"}),
    "playlist:delete":       ("f f f f f f + + f n +", public),
    "playlist:get":          ("n n n n n n + n n n n", private),
    "playlist:list":         ("+ + + + + + + + + + +", lambda _: {}),
    "playlist:move_track":   ("f f f f f f + + f n +", moving),
    "playlist:remove_track": ("f f f f f f + + f n +", filled),
    "playlist:tracks":       ("n n n n n n + n n n n", private),
    "playlist:update":       ("f f f f f f + + f n +", public),
    "track:delete":          ("f f f f f f + + f f +", track_of),
    "track:get":             ("+ + + + + + + + + + +", lambda s: {"trackId": s.track}),
    "track:list":            ("+ + + + + + + + + + +", lambda _: {}),
    "track:update":          ("f f f f f f + + f f +", lambda s: {"trackId": s.track}),
}  # fmt: skip
