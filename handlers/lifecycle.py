"""How a process begins and ends: parts in order, owned tasks, a stop that loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from redis.asyncio import Redis

from config.clock import SteadyClock, discipline, keep_disciplined
from config.database import open_database
from config.limits import Limiter
from config.redis import REDIS_DOWN, open_redis, reference_ms, share_epoch
from config.settings import Settings
from handlers.catch_up import CatchUp
from handlers.channel import channel_log
from handlers.conductor import Conductor
from handlers.connection import Connections
from handlers.dispatcher import Dispatcher
from handlers.expiry import watch_expiries
from handlers.friend_presence import FriendPresenceTeller
from handlers.housekeeping import keep_house
from handlers.metrics import EVENT_TIMES, UNREAD
from handlers.resumable import share_uploads
from handlers.room_presence import Doors
from handlers.services import Services
from models import search_sqlite
from models.attachment import Attachment
from models.attempts import Attempts
from models.audio import AudioWorkers, PictureWorkers
from models.encryption import Cipher
from models.image import Image
from models.media import MediaStore
from models.oauth.providers import Providers
from models.presence import LIFE_SIGN_EVERY_S, Presence
from models.presence_local import LocalPresence
from models.presence_redis import RedisPresence
from models.publication import Kind
from models.resumable_file import ResumableFiles
from models.row import new_id
from models.server import Server
from models.signed_path import PathSigner
from models.token import TokenIssuer
from models.track import Track
from realtime.bus import Bus
from realtime.local_bus import LocalBus
from realtime.manager import FanOutManager
from realtime.recovery import Recovery
from realtime.redis_bus import RedisBus
from realtime.server import RealtimeServer
from realtime.upgrade import Origins
from schemas.session import ServerDraining

RETRY_AFTER_S = 5
DRAIN_S = 7.0
# The stock client in Node drops what it reads in one go with the end of the transport.
LAST_WORDS_S = 0.25
PUBLISHED = {
    Kind.TRACKS: Track.known,
    Kind.IMAGES: Image.known,
    Kind.ATTACHMENTS: Attachment.known,
}

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Services]:
    """All parts of this process, from the database up; taken down again in reverse."""
    redis = open_redis(settings.redis_url)
    clock = SteadyClock()
    try:
        if settings.redis_url:
            await discipline(clock, partial(reference_ms, redis), partial(share_epoch, redis))
        async with open_database(settings.database_url, settings.data_dir, settings.database_pool):
            await search_sqlite.prepare()
            await Server.make_default()
            services = build(settings, clock, redis)
            async with services.media, working(services):
                await services.media.sweep(PUBLISHED)
                yield services
    finally:
        await redis.aclose()


def build(settings: Settings, clock: SteadyClock, redis: "Redis") -> Services:
    """This process' parts, wired but not yet at work."""
    process_id = new_id().hex
    shared = settings.redis_url
    bus: Bus = RedisBus(redis, process_id, channel_log) if shared else LocalBus(channel_log)
    manager = FanOutManager(bus, Recovery(redis, bus))
    presence: Presence = LocalPresence(clock.now_ms)
    if shared:
        presence = RedisPresence(redis, process_id, clock.now_ms)
    sio = RealtimeServer(
        manager=manager,
        now_ms=clock.now_ms,
        origins=Origins(frozenset(settings.page_origins), settings.trusted_proxies > 0),
        ping_interval=settings.ping_interval_s,
        ping_timeout=settings.ping_timeout_s,
        worker=settings.worker,
    )
    sio.on_overflow = UNREAD.inc
    cipher = Cipher(settings.jwt_2fa_secret)
    services = Services(
        settings=settings,
        clock=clock,
        redis=redis,
        limiter=Limiter(settings.redis_url, enabled=settings.rate_limits),
        tokens=TokenIssuer(settings.jwt_access_secret, settings.jwt_refresh_secret),
        attempts=Attempts(redis, enabled=settings.rate_limits),
        cipher=cipher,
        providers=Providers(settings, cipher),
        presence=presence,
        media=MediaStore(settings.data_dir),
        workers=AudioWorkers(),
        picture_workers=PictureWorkers(),
        private_paths=PathSigner(settings.jwt_access_secret),
        resumable=ResumableFiles(settings.data_dir, clock.now_ms),
        manager=manager,
        sio=sio,
    )
    Connections(services)
    Doors(services)
    share_uploads(services)
    sio.on("*", Dispatcher(services).dispatch)
    return services


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[None]:
    """Hear the bus, show life, keep the clock; at the end stop all of it."""
    await services.presence.show_life()
    await services.manager.start()
    services.tasks.start(services.sio.eio.beat(), "heartbeat")
    services.tasks.start(watch_expiries(services), "expiries")
    services.tasks.start(show_life(services), "life-sign")
    services.tasks.start(CatchUp(services).run(), "catch-up")
    services.tasks.start(services.manager.recovery.run(), "recovery")
    services.tasks.start(keep_house(services), "housekeeping")
    services.tasks.start(FriendPresenceTeller(services).run(), "friend-presence")
    conductor = Conductor(services)
    services.tasks.start(conductor.follow(), "conductor-timers")
    services.tasks.start(conductor.look_around(), "conductor-look")
    if services.settings.redis_url:
        sample = partial(reference_ms, services.redis)
        share = partial(share_epoch, services.redis)
        services.tasks.start(keep_disciplined(services.clock, sample, share, REDIS_DOWN), "clock")
    try:
        yield
    finally:
        await services.tasks.end()
        await services.sio.tasks.end()
        await services.workers.close()
        await services.picture_workers.close()
        await services.providers.close()
        await services.manager.close()


async def show_life(services: Services) -> None:
    """Keep this process' sign of life fresh, and its figures."""
    while True:
        try:
            EVENT_TIMES.fold()
            await services.presence.show_life()
        except REDIS_DOWN as error:
            log.warning("no sign of life", error=type(error).__name__)
        await asyncio.sleep(LIFE_SIGN_EVERY_S)


async def drain(services: Services) -> None:
    """A planned stop: take no more, finish what was begun, let the clients go elsewhere."""
    services.draining.set()
    for caller in list(services.callers.values()):
        caller.send(ServerDraining, {"retry_after": RETRY_AFTER_S})
    services.sio.eio.take_no_more()
    services.resumable.let_all_go()
    deadline = asyncio.get_running_loop().time() + DRAIN_S
    while services.in_flight and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.02)
    await asyncio.sleep(LAST_WORDS_S)
    services.sio.eio.close_transports()
    while services.callers and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.02)
