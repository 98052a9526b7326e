"""All meaning: rows, rules, pure logic. Knows neither Socket.IO nor HTTP.

The names below are the rows, for Tortoise to find.
"""

from models.account import Deletion
from models.artist import Artist
from models.attachment import Attachment
from models.block import Block
from models.channel import Channel
from models.favorite import Favorite
from models.friend import FriendRequest, Friendship
from models.identity import Identity
from models.image import Image
from models.member import Member
from models.message import ChannelEvent, Message, ReadMark
from models.nonce import Nonce
from models.playback_record import PlaybackRecord
from models.playlist import Playlist, PlaylistTrack
from models.queue import QueueItem, QueueTurn, QueueVote, SkipVote
from models.resumable import ResumableUpload
from models.room import Room
from models.room_kick import RoomKick
from models.server import Server
from models.session import Session
from models.track import Track
from models.two_factor import RecoveryCode, TwoFactor
from models.user import User

__all__ = [
    "Artist",
    "Attachment",
    "Block",
    "Channel",
    "ChannelEvent",
    "Deletion",
    "Favorite",
    "FriendRequest",
    "Friendship",
    "Identity",
    "Image",
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
    "RecoveryCode",
    "ResumableUpload",
    "Room",
    "RoomKick",
    "Server",
    "Session",
    "SkipVote",
    "Track",
    "TwoFactor",
    "User",
]
