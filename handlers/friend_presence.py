"""Friends hear who comes and goes, and what they listen to: each change once, in order.

Whatever may change that is noted where it happens (`models.presence`). Of all processes the one
that holds a lease reads the notes ten times a second, looks at the users anew, and says what
differs from what was told last. It strikes the notes off afterwards: if it dies before, its
successor says the same again. What nobody noted, because a process died before it could, is found
by looking through all that was told, again and again.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import islice
from math import inf
from uuid import UUID

from config.redis import REDIS_DOWN
from handlers.attempt import attempt
from handlers.envelope import AWAY
from handlers.services import Services, user_channel
from models.block import Block
from models.friend import Friendship
from models.lease import Lease
from models.presence_news import News
from models.presence_told import AT_ONCE, LastTold, Told, shares
from models.presence_view import View, connected_in, having_friends, views_of
from schemas.friend import FriendPresence

EVERY_S = 0.1
RETRY_S = 1.0
ASK_EVERY_S = 1.0  # the lease lasts five times as long
LOOK_EVERY_S = 20.0
# What a predecessor said in its last moments may not have left its process.
LOOK_BACK_MS = 15_000.0
# The bus drops what it cannot send: it is given so much at one time.
MOST_AT_ONCE = 500
PAUSE_S = 0.1


class FriendPresenceTeller:
    """This process' notes, and its share in telling friends."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._presence = services.presence
        self._lease = Lease(services.redis, "presence")
        self._told = LastTold(services.redis)
        self._leads = False
        self._ask_at = float("-inf")
        # After another has told: what it had read is told in any case, and so is what it noted
        # in its last moments, from when until when (ms).
        self._insists = False
        self._in_doubt = (inf, inf)
        self._cursor = 0
        self._look_at = float("-inf")

    async def run(self) -> None:
        """Tell until the server ends; then another process may go on at once."""
        try:
            while True:
                done = await attempt(self.do_round(), "friend-presence")
                await asyncio.sleep(EVERY_S if done else RETRY_S)
        finally:
            with suppress(*REDIS_DOWN):
                await self._presence.pass_on()
                await self._lease.release()

    async def do_round(self) -> None:
        """Tell what is new, if that is this process' part."""
        await self._presence.pass_on()
        if not await self._may_tell():
            return
        if news := await self._presence.news():
            await self._tell_or_drop(news)
        self._insists = False
        await self._look_through()

    async def _may_tell(self) -> bool:
        """Whether no other process tells, as far as a second ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._ask_at:
            led, self._leads = self._leads, False
            self._leads = await self._lease.hold()
            self._ask_at = now + ASK_EVERY_S
            if self._leads and not led:
                self._take_over()
        return self._leads

    def _take_over(self) -> None:
        self._insists, self._cursor, self._look_at = True, 0, float("-inf")
        now_ms = self._services.clock.now_ms()
        self._in_doubt = (now_ms - LOOK_BACK_MS, now_ms)

    async def _tell_or_drop(self, news: News) -> None:
        """What fails for a reason of its own is not to keep all that comes after it waiting."""
        try:
            await self._tell_all(news)
        except AWAY:
            raise
        except Exception:
            await self._presence.strike(news)
            raise

    async def _tell_all(self, news: News) -> None:
        users = iter(news.users | await connected_in(news.rooms))
        while some := list(islice(users, AT_ONCE)):
            if not await self._tell(some, news):
                return
        if await self._may_tell():
            await self._presence.strike(news)

    async def _tell(self, user_ids: Collection[UUID], news: News) -> bool:
        """Tell the friends of these users what has changed; False where that is another's now."""
        befriended = await having_friends(user_ids)
        views = await views_of(self._presence, befriended)
        told = await self._told.of(views)
        again = befriended if self._insists else news.again
        changed = {
            user_id
            for user_id, view in views.items()
            if user_id in again or told[user_id].is_outdated_by(view)
        }
        pairs = {user_id: news.pairs[user_id] for user_id in news.pairs.keys() & views.keys()}
        if not changed and not pairs:
            return True
        before = {user_id: told[user_id] for user_id in changed - again - pairs.keys()}
        if not await self._say(views, before, await self._audience(changed, pairs)):
            return False
        now_ms = self._services.clock.now_ms()
        await self._told.note({user_id: Told.of(views[user_id], now_ms) for user_id in changed})
        return True

    async def _audience(
        self, changed: set[UUID], pairs: Mapping[UUID, set[UUID]]
    ) -> dict[UUID, set[UUID]]:
        """Who is to be told of whom, as far as they can hear it."""
        friends = await Friendship.of_each(changed | pairs.keys())
        wanted = {
            user_id: theirs if user_id in changed else theirs & pairs[user_id]
            for user_id, theirs in friends.items()
        }
        reachable = await self._presence.reachable(set().union(*wanted.values()))
        return {user_id: theirs & reachable for user_id, theirs in wanted.items()}

    async def _say(
        self,
        views: Mapping[UUID, View],
        before: Mapping[UUID, Told],
        audience: dict[UUID, set[UUID]],
    ) -> bool:
        blocks = await self._blocks(views, before, audience)
        said = 0
        for user_id, friends in audience.items():
            if said > MOST_AT_ONCE:
                await asyncio.sleep(PAUSE_S)
                said = 0
            if not await self._may_tell():
                return False
            for view, hearers in shares(views[user_id], before.get(user_id), friends, blocks):
                self._services.tell_each(map(user_channel, hearers), FriendPresence, view)
            said += len(friends)
        return True

    async def _blocks(
        self,
        views: Mapping[UUID, View],
        before: Mapping[UUID, Told],
        audience: dict[UUID, set[UUID]],
    ) -> set[tuple[UUID, UUID]]:
        """Whom the hosts of the rooms, of now and before, block."""
        heard = [views[user_id].listening for user_id, friends in audience.items() if friends]
        hosts = {each.host_id for each in heard if each and each.host_id}
        hosts |= {each.host_id for each in before.values() if each.host_id}
        return await Block.between(hosts, set().union(*audience.values()))

    async def _look_through(self) -> None:
        """Go on through all that was told, and note what is not so any more."""
        now = asyncio.get_running_loop().time()
        if self._cursor == 0 and now < self._look_at:
            return
        cursor, told = await self._told.some(self._cursor)
        await self._compare(told)
        self._cursor = cursor
        if cursor == 0:
            self._look_at, self._in_doubt = now + LOOK_EVERY_S, (inf, inf)

    async def _compare(self, told: Mapping[UUID, Told]) -> None:
        presence, now_ms = self._presence, self._services.clock.now_ms()
        since_ms, until_ms = self._in_doubt
        views = await views_of(presence, await having_friends(told))
        presence.changed(user for user, view in views.items() if told[user].is_outdated_by(view))
        presence.insist(user for user in views if since_ms <= told[user].at_ms < until_ms)
        past = [user for user, each in told.items() if user not in views or each.is_past(now_ms)]
        await self._told.forget(past)
