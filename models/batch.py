"""One run for many: everything that waits while the last run is under way goes into the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[list[Item]], Awaitable[Sequence[Result | BaseException]]]


@dataclass(slots=True, eq=False)
class _Line(Generic[Item, Result]):
    """Who waits in one event loop, and what runs for them."""

    waiting: deque[tuple[Item, asyncio.Future[Result | BaseException]]]
    runs: set[asyncio.Task[None]] = field(default_factory=set)


class Batch(Generic[Item, Result]):
    """Does for many at once what each of them asks for alone; nothing is left of it when idle.

    `work` is given items in the order in which they came, at most `most` of them, and gives a
    result for each in that order. An exception among the results is raised to the one whose
    result it is; an exception that `work` itself raises, to all of that run. At most `at_once`
    runs are under way. A run belongs to none of its callers: it is in nobody's transaction (and so
    must not be waited for within one), and whoever is cancelled disturbs no other.
    """

    def __init__(
        self, name: str, work: Work[Item, Result], *, most: int = 200, at_once: int = 1
    ) -> None:
        self._name = name
        self._work = work
        self._most = most
        self._at_once = at_once
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[Item, Result]]
        self._lines = WeakKeyDictionary()

    async def do(self, item: Item) -> Result:
        """The result for `item`, of a run that begins after this call: at once when none runs.

        Who is cancelled before the run begins is left out of it; later, the work is done all the
        same, and only its result is lost.
        """
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line(deque())
        answer: asyncio.Future[Result | BaseException] = loop.create_future()
        line.waiting.append((item, answer))
        if len(line.runs) < self._at_once:
            self._begin(line)
        result = await answer
        if isinstance(result, BaseException):
            # One exception may be many callers': its way through each would be added to it.
            raise result.with_traceback(None)
        return result

    def _begin(self, line: _Line[Item, Result]) -> None:
        loop = asyncio.get_running_loop()
        run = loop.create_task(self._run(line), name=f"batch-{self._name}", context=Context())
        line.runs.add(run)
        run.add_done_callback(lambda run: self._ended(line, run))

    def _ended(self, line: _Line[Item, Result], run: asyncio.Task[None]) -> None:
        line.runs.discard(run)
        # Some may have come after its last look, or it was cancelled with the server.
        if any(not answer.done() for _, answer in line.waiting):
            self._begin(line)

    async def _run(self, line: _Line[Item, Result]) -> None:
        while some := self._next(line):
            answers = [answer for _, answer in some]
            try:
                results = await self._results([item for item, _ in some])
            except BaseException:
                for answer in answers:
                    answer.cancel()
                raise
            for answer, result in zip(answers, results, strict=True):
                if not answer.done():
                    answer.set_result(result)

    def _next(
        self, line: _Line[Item, Result]
    ) -> list[tuple[Item, asyncio.Future[Result | BaseException]]]:
        some: list[tuple[Item, asyncio.Future[Result | BaseException]]] = []
        while line.waiting and len(some) < self._most:
            item, answer = line.waiting.popleft()
            if not answer.done():
                some.append((item, answer))
        return some

    async def _results(self, items: list[Item]) -> Sequence[Result | BaseException]:
        try:
            results = await self._work(items)
        except Exception as error:  # noqa: BLE001 - it is raised again to each who waits
            return [error] * len(items)
        if len(results) == len(items):
            return results
        wrong = RuntimeError(f"{self._name}: {len(results)} results for {len(items)} items")
        return [wrong] * len(items)
