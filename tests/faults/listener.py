"""A member who also keeps what the room plays and what waits in its queue."""

from typing import Any

from tests.faults.member import Member
from tests.faults.wire import Json


class Listener(Member):
    """Believes what it was told when it came in and has heard since; asks for nothing else."""

    mends = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.playback: Json = {"version": -1}
        self.queue: tuple[int, list[str]] = (-1, [])

    def hears(self, event: str, data: Any) -> None:
        if event == "playback:state" and data["version"] > self.playback["version"]:
            self.playback = data
        elif event == "queue:updated" and data["version"] > self.queue[0]:
            self.queue = (data["version"], [item["id"] for item in data["queue"]])

    async def joined(self, state: Json) -> None:
        self.hears("playback:state", state["playback"])
        self.queue = max(self.queue, await self.true_queue())

    async def true_playback(self) -> Json:
        """The room's playback as the database has it."""
        playback: Json = (await self.ask("playback:get", **self.here))["data"]
        return playback

    async def true_queue(self) -> tuple[int, list[str]]:
        """The room's queue as the database has it, with its version."""
        answer = await self.ask("queue:list", **self.here)
        return (answer["meta"]["version"], [item["id"] for item in answer["data"]])

    async def present(self) -> dict[str, bool]:
        """Who is in the room, and whether they are connected."""
        answer = await self.ask("room:members", limit=100, **self.here)
        return {member["user"]["id"]: member["connected"] for member in answer["data"]}

    async def is_online(self, user_id: str) -> bool:
        online: bool = (await self.ask("user:get", userId=user_id))["data"]["status"] == "online"
        return online

    @property
    def here(self) -> Json:
        return {"roomId": self.room["id"]}
