"""`server:…`: the communities that the caller is a member of."""

from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.channel import Channel
from models.cursor import Page
from models.server import Server
from schemas.base import Paging
from schemas.channel import ChannelReply
from schemas.server import ServerGet, ServerReply


@event("server:list", Paging, reply=ServerReply, many=True)
async def list_servers(_caller: Caller, limit: int, cursor: str | None = None) -> Page[Server]:
    """The caller's servers, by name."""
    return await Server.listed(cursor, limit)


@event("server:get", ServerGet, reply=ServerReply)
async def get(_caller: Caller, server_id: UUID) -> Server:
    """One of the caller's servers."""
    return await Server.visible(server_id)


@event("server:channels", ServerGet, reply=ChannelReply, many=True)
async def channels(_caller: Caller, server_id: UUID) -> list[Channel]:
    """The channels of one of the caller's servers, in their order."""
    server = await Server.visible(server_id)
    return await Channel.of_server(server.id)
