"""For ever: hears someone, takes a turn; a timer rings, says so. Whole turns go in, spoken answers come out."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from assistant.errors import AssistantError
from assistant.flow import Utterance
from assistant.listen.endpoint import SpeechStarted

Event: TypeAlias = SpeechStarted | Utterance | str
"""Somebody begins to speak; somebody has spoken; something is to be announced."""

_INBOX = 8
"""events that wait while a turn is under way: as many turns as anyone would speak over an answer, and a few rings"""


class Actions(Protocol):
    """What the conversation can do; each becomes a task that may be cancelled."""

    def take_turn(self, utterance: Utterance) -> Coroutine[Any, Any, None]:
        """Answer *utterance* aloud."""
        ...

    def announce(self, text: str) -> Coroutine[Any, Any, None]:
        """Say *text* of our own accord."""
        ...


@dataclass(frozen=True, slots=True)
class _Over:
    """The ear has closed: the recording is at its end."""


async def converse(
    hearing: AsyncGenerator[SpeechStarted | Utterance, None],
    rings: AsyncGenerator[str, None],
    actions: Actions,
    *,
    barge_in: bool,
) -> None:
    """Take turns until *hearing* ends and the last turn is finished.

    One turn runs at a time. With *barge_in*, speech cancels the turn under way; without, what is said during a turn
    waits for its end. Cancelling the conversation cancels the turn. Errors of *hearing* end it and are raised.
    """
    inbox: asyncio.Queue[Event | _Over] = asyncio.Queue(_INBOX)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_forward(hearing, inbox.put, last=_Over()))
            bells = tasks.create_task(_forward(rings, inbox.put))
            await _attend(inbox, actions, tasks, barge_in=barge_in)
            bells.cancel()
    except BaseExceptionGroup as errors:
        raise _expected(errors) from errors


async def _attend(
    inbox: asyncio.Queue[Event | _Over], actions: Actions, tasks: asyncio.TaskGroup, *, barge_in: bool
) -> None:
    turn: asyncio.Task[None] | None = None
    while not isinstance(event := await inbox.get(), _Over):
        if isinstance(event, SpeechStarted):
            if barge_in:
                await _ended(turn, cancel=True)
            continue
        await _ended(turn)
        action = actions.take_turn(event) if isinstance(event, Utterance) else actions.announce(event)
        turn = tasks.create_task(action)
    await _ended(turn)


async def _ended(turn: asyncio.Task[None] | None, *, cancel: bool = False) -> None:
    """Wait until *turn* is over, cancelling it first if asked; its errors are the task group's."""
    if turn is None:
        return
    if cancel:
        turn.cancel()
    await asyncio.wait([turn])


async def _forward(
    source: AsyncGenerator[Any, None],
    put: Callable[[Any], Coroutine[Any, Any, None]],
    last: _Over | None = None,
) -> None:
    async with aclosing(source):
        async for item in source:
            await put(item)
    if last is not None:
        await put(last)


def _expected(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of the errors that ended a conversation, the expected one (a device that is gone), else the first."""
    flat = list(_flatten(errors))
    return next((error for error in flat if isinstance(error, AssistantError)), flat[0])


def _flatten(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _flatten(inner)]
    return [error]
