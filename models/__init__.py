"""All meaning: rows, rules, pure logic. Knows neither Socket.IO nor HTTP.

The names below are the rows, for Tortoise to find.
"""

from models.artist import Artist
from models.channel import Channel
from models.member import Member
from models.message import ChannelEvent, Message, ReadMark
from models.nonce import Nonce
from models.playback_record import PlaybackRecord
from models.playlist import Playlist, PlaylistTrack
from models.queue import QueueItem, QueueTurn, QueueVote, SkipVote
from models.room import Room
from models.room_kick import RoomKick
from models.server import Server
from models.session import Session
from models.track import Track
from models.user import User

__all__ = [
    "Artist",
    "Channel",
    "ChannelEvent",
    "Member",
    "Message",
    "Nonce",
    "PlaybackRecord",
    "Playlist",
    "PlaylistTrack",
    "QueueItem",
    "QueueTurn",
    "QueueVote",
    "ReadMark",
    "Room",
    "RoomKick",
    "Server",
    "Session",
    "SkipVote",
    "Track",
    "User",
]
