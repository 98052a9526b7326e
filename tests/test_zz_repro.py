import asyncio, pytest, sys, traceback
from tests.test_housekeeping import *
@pytest.mark.parametrize("n", range(150))
async def test_x(services: Services, n) -> None:
    other = Lease(services.redis, "housekeeping")
    task = asyncio.create_task(keep_house(services))
    async with asyncio.timeout(5):
        while await other.hold():
            await other.release()
            await asyncio.sleep(0.01)
    for _ in range(n % 60): await asyncio.sleep(0)
    task.cancel()
    done, pending = await asyncio.wait([task], timeout=4)
    if pending:
        for t in asyncio.all_tasks():
            print(t.get_name(), t.cancelling()); t.print_stack()
        pytest.fail("hang")
