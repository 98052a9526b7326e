"""Where the count of sockets stands in Redis, and what is written there as they come and go."""

from collections.abc import Callable
from uuid import UUID

from redis.asyncio.client import Pipeline

from config.redis import PREFIX
from models.presence import CountedSocket
from models.presence_news import What, written

PROCESSES = f"{PREFIX}processes"
NEWS = f"{PREFIX}presence:news"
# Users, and until when (ms).
LINGERING = f"{PREFIX}presence:lingering"
RECOVERABLE = f"{PREFIX}presence:recoverable"

Step = Callable[[Pipeline], None]


def count(process_id: str, socket: CountedSocket, pipeline: Pipeline) -> None:
    pipeline.hset(sockets_key(process_id), socket.sid, str(socket.user_id))
    pipeline.sadd(user_key(socket.user_id), socket.sid)
    pipeline.rpush(NEWS, written((What.USER, socket.user_id)))
    for room_id in socket.room_ids:
        seat(room_id, socket.user_id, socket.sid, pipeline)


def uncount(process_id: str, socket: CountedSocket, until_ms: float, pipeline: Pipeline) -> None:
    pipeline.zadd(LINGERING, {str(socket.user_id): until_ms})
    pipeline.hdel(sockets_key(process_id), socket.sid)
    pipeline.srem(user_key(socket.user_id), socket.sid)
    pipeline.delete(rooms_key(socket.sid))
    for room_id in socket.room_ids:
        pipeline.srem(room_key(room_id, socket.user_id), socket.sid)


def seat(room_id: UUID, user_id: UUID, sid: str, pipeline: Pipeline) -> None:
    pipeline.sadd(room_key(room_id, user_id), sid)
    pipeline.sadd(rooms_key(sid), str(room_id))


def unseat(room_id: UUID, user_id: UUID, sid: str, pipeline: Pipeline) -> None:
    pipeline.srem(room_key(room_id, user_id), sid)
    pipeline.srem(rooms_key(sid), str(room_id))


def life_key(process_id: str) -> str:
    return f"{PREFIX}process:{process_id}:alive"


def sockets_key(process_id: str) -> str:
    return f"{PREFIX}process:{process_id}:sockets"


def rooms_key(sid: str) -> str:
    return f"{PREFIX}socket:{sid}:rooms"


def user_key(user_id: UUID) -> str:
    return f"{PREFIX}user:{user_id}:sockets"


def room_key(room_id: UUID, user_id: UUID) -> str:
    return f"{PREFIX}room:{room_id}:{user_id}:sockets"
