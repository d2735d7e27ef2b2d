"""The contract over HTTP: statement 6. The kit is the host to which a board posts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
import itertools
import time
from typing import Any, Final

from aiohttp import web

from ..checks import Check, Collection, Finding, expect
from ..statements import Role
from .bench import HOST

#: Real seconds that a busy computer may add to anything.
_GRACE: Final = 10.0
_TOKEN: Final = "the-token-of-the-board"
_PARTS: Final = {"info", "live", "record", "response"}
_MOST: Final = 64 * 1024

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingSubject:
    """A board that can be told where to post."""

    #: Runs the board, which has rows to tell, until the context ends: address, token, and whether it has a clock.
    run: Callable[[str, str, bool], AbstractAsyncContextManager[object]]
    #: Seconds of the board per real second.
    speed: float = 1.0
    #: True time for the board, UTC seconds.
    now: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Post:
    """One post: when it came (real seconds), and what it said."""

    at: float
    authorization: str
    content: Json

    @property
    def numbers(self) -> list[int]:
        """Of the rows in it."""
        return [row[0] for row in self.content.get("record", {}).get("records", [])]


type Script = Callable[[Post], tuple[int, Json, dict[str, str]] | None]


class PostingBench:
    """A host that takes what is posted, and answers as a check wants it to."""

    def __init__(self, subject: PostingSubject) -> None:
        """Nothing was posted yet."""
        self.subject = subject
        self.posts: list[Post] = []
        self.journal = ""
        self.watermark = 0
        self.oldest = 1
        self.commands: list[Json] = []
        #: Looked at before anything is taken; None: the post is taken as usual.
        self.script: Script = lambda _: None
        self.url = ""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def board(self, *, clock: bool = True) -> AsyncIterator[None]:
        """A board that posts here."""
        async with self.subject.run(self.url, _TOKEN, clock):
            yield

    async def answer(self, request: web.Request) -> web.Response:
        """Take a post."""
        post = Post(time.monotonic(), request.headers.get("Authorization", ""), await request.json())
        self.posts.append(post)
        self._changed.set()
        if (scripted := self.script(post)) is not None:
            status, content, headers = scripted
            return web.json_response(content, status=status, headers=headers)
        self._take(post)
        ack = {"host": HOST, "journal": self.journal, "seq": self.watermark} if self.journal else None
        return web.json_response({"ack": ack, "commands": self.commands, "time": int(self.subject.now())})

    def _take(self, post: Post) -> None:
        if (info := post.content.get("info")) is not None and info["journal"] != self.journal:
            self.journal, self.watermark = info["journal"], 0
        record = post.content.get("record")
        if record is not None and record["journal"] == self.journal:
            self.watermark = max(self.watermark, record["oldest"] - 1)
            for number in post.numbers:
                if number == self.watermark + 1:
                    self.watermark = number

    async def hear(self, fits: Callable[[Post], bool], *, after: int = 0, within: float, otherwise: str) -> Post:
        """A post since a mark, within seconds of the board and some grace; Finding if none came."""
        end = time.monotonic() + within / self.subject.speed + _GRACE
        looked = after
        while True:
            for post in self.posts[looked:]:
                if fits(post):
                    return post
            looked = len(self.posts)
            self._changed.clear()
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError:
                raise Finding(otherwise) from None

    async def rows(self, *, after: int = 0) -> Post:
        """A post with rows."""
        return await self.hear(lambda post: bool(post.numbers), after=after, within=700, otherwise="No rows came.")


POSTING: Final = Collection[PostingBench](Role.BOARD)


@asynccontextmanager
async def counter(subject: PostingSubject) -> AsyncIterator[PostingBench]:
    """A host on a free port of this machine."""
    bench = PostingBench(subject)
    app = web.Application(client_max_size=_MOST)
    app.router.add_post("/ingest", bench.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bench.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ingest"
    try:
        yield bench
    finally:
        await runner.cleanup()


def lend(subject: PostingSubject) -> Callable[[Check[PostingBench]], AbstractAsyncContextManager[PostingBench]]:
    """Each check has a host of its own."""
    return lambda _check: counter(subject)


def _gaps(posts: Sequence[Post]) -> list[float]:
    return [later.at - earlier.at for earlier, later in itertools.pairwise(posts)]


@POSTING.check("6", "A post has the parts of the protocol and the token, and begins with info.")
async def parts(bench: PostingBench) -> None:
    async with bench.board():
        await bench.rows()
        await bench.hear(lambda post: "live" in post.content, within=60, otherwise="No live message was posted.")
    expect("info" in bench.posts[0].content, f"The first post is {bench.posts[0].content}.")
    for post in bench.posts:
        expect(post.authorization == f"Bearer {_TOKEN}", f"Authorization is {post.authorization!r}.")
        expect(set(post.content) <= _PARTS, f"A post has {sorted(post.content)}.")


@POSTING.check("6", "Rows that the answer acknowledges are not posted again, those behind them follow in order.")
async def acknowledged(bench: PostingBench) -> None:
    async with bench.board():
        await bench.rows()
        await bench.hear(
            lambda _: bench.watermark >= 60, within=1200, otherwise=f"Only {bench.watermark} rows came in this time."
        )
    told = [number for post in bench.posts for number in post.numbers]
    expect(told == sorted(set(told)), "Rows came twice or out of order, although each post was answered.")


@POSTING.check("6", "Rows that no answer acknowledges are kept and posted again.")
async def kept(bench: PostingBench) -> None:
    bench.script = lambda _: (202, {"ack": None, "commands": [], "time": int(bench.subject.now())}, {})
    async with bench.board():
        first = await bench.rows()
        mark = len(bench.posts)
        again = await bench.rows(after=mark)
        expect(again.numbers[0] == first.numbers[0], f"After {first.numbers[0]} came {again.numbers[0]}.")
        bench.script = lambda _: None
        bench.journal, bench.watermark = first.content["record"]["journal"], first.numbers[0] - 1
        await bench.hear(
            lambda _: bench.watermark >= first.numbers[-1], after=mark, within=700, otherwise="They did not come again."
        )


@POSTING.check("6", "A command in an answer is carried out once and responded to, however often it is repeated.")
async def commands(bench: PostingBench) -> None:
    async with bench.board():
        info = (await bench.hear(lambda post: "info" in post.content, within=10, otherwise="No info came.")).content
        command = {"id": "k1", "boot": info["info"]["boot"], "op": "set_live_interval", "live_interval": 7}
        mark = len(bench.posts)
        bench.commands = [command]
        for _ in range(3):
            response = await bench.hear(
                lambda post: post.content.get("response", {}).get("id") == "k1",
                after=mark,
                within=60,
                otherwise="There was no response to the command.",
            )
            expect(response.content["response"].get("ok") is True, f"The response is {response.content['response']}.")
            mark = bench.posts.index(response) + 1
        told = [post.content["info"]["live_interval"] for post in bench.posts if "info" in post.content]
        expect(told == [info["info"]["live_interval"], 7], f"The announced intervals are {told}.")


@POSTING.check("6 B6", "A board without a clock takes its time from a command in an answer.")
async def clock(bench: PostingBench) -> None:
    async with bench.board(clock=False):
        live = await bench.hear(lambda post: "live" in post.content, within=60, otherwise="No live message came.")
        expect(not live.content["live"].get("time"), f"Its time is {live.content['live'].get('time')!r}.")

        def tell(post: Post) -> None:
            if (said := post.content.get("live")) is not None and not said.get("time"):
                times = {"uptime": said["uptime"], "time": round(bench.subject.now())}
                bench.commands = [{"id": f"t{len(bench.posts)}", "boot": said["boot"], "op": "set_time", **times}]

        bench.script = tell
        told = await bench.hear(
            lambda post: bool(post.content.get("live", {}).get("time")), within=300, otherwise="It was told no time."
        )
        wrong = abs(told.content["live"]["time"] - bench.subject.now())
        expect(wrong < 10 + bench.subject.speed * 2, f"Its clock is wrong by {wrong:.0f} s.")


@POSTING.check("6", "After 401 nothing more is posted.")
async def unauthorized(bench: PostingBench) -> None:
    bench.script = lambda _: (401, {}, {})
    async with bench.board():
        await bench.hear(lambda _: True, within=10, otherwise="Nothing was posted.")
        await asyncio.sleep(4)
    expect(len(bench.posts) == 1, f"After 401 came {len(bench.posts) - 1} more posts.")


@POSTING.check("6", "After 413 half as many rows are posted.")
async def too_large(bench: PostingBench) -> None:
    most = 3
    bench.script = lambda post: (413, {}, {}) if len(post.numbers) > most else None
    async with bench.board():
        first = await bench.rows()
        expect(len(first.numbers) > most, "The board posts so few rows that they cannot be halved.")
        await bench.hear(lambda _: bench.watermark >= 20, within=1200, otherwise="No smaller batch came.")
    counts = [len(post.numbers) for post in bench.posts if post.numbers]
    for more, fewer in itertools.pairwise(counts):
        if more > most:
            expect(fewer <= max(1, (more + 1) // 2), f"After {more} rows were too many, {fewer} were posted.")


@POSTING.check("6", "After 429 nothing is posted before Retry-After, and nothing is lost.")
async def too_many(bench: PostingBench) -> None:
    bench.script = lambda post: (429, {}, {"Retry-After": "3"}) if post.numbers and len(bench.posts) < 10 else None
    async with bench.board():
        refused = await bench.rows()
        bench.script = lambda _: None
        mark = bench.posts.index(refused) + 1
        later = await bench.hear(lambda _: True, after=mark, within=60, otherwise="Nothing was posted any more.")
        expect(later.at - refused.at >= 2.9, f"The next post came after {later.at - refused.at:.1f} s.")
        await bench.hear(
            lambda _: bench.watermark >= refused.numbers[-1],
            within=700,
            otherwise="The refused rows did not come again.",
        )


@POSTING.check("6", "After 5xx it waits longer each time, and nothing is lost.")
async def unwell(bench: PostingBench) -> None:
    bench.script = lambda _: (503, {}, {})
    async with bench.board():
        await bench.hear(lambda _: len(bench.posts) >= 4, within=60, otherwise="It gave up.")
        gaps = _gaps(bench.posts[:4])
        expect(all(later > 1.5 * earlier for earlier, later in itertools.pairwise(gaps)), f"It waited {gaps} s.")
        bench.script = lambda _: None
        await bench.hear(lambda _: bench.watermark >= 20, within=1200, otherwise="The rows did not come afterwards.")
