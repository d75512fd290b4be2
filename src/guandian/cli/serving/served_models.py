"""`guandian models served`, `try`, `share`, `trial`, `promote`, `rollback`: of a service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.client import Client

Url = Annotated[str, typer.Option(help="Of the service.")]
KeyVariable = Annotated[
    str, typer.Option(help="The environment variable that holds an administrator's key.")
]
Share = Annotated[
    float,
    typer.Option(min=0, max=1, help="Of the calls that it answers; with 0 it reads copies alone."),
]
_URL, _KEY = "http://127.0.0.1:8000", "GUANDIAN_KEY"


def served(url: Url = _URL, key_variable: KeyVariable = _KEY) -> None:
    """Show which model a service answers by, what is on trial, and why to train."""
    with _service(url, key_variable) as client:
        answer = client.get("/v1/models")
    for model in answer["models"]:
        mark = "*" if model["active"] else "-" if model["previous"] else " "
        _line(f"{mark} {model['name']}  {model['opened'] or ''}".rstrip())
    if (trial := answer["trial"]) is not None:
        _line(_trial_told(trial))
    if (watch := answer["watch"]) is not None:
        _line(
            say(
                "watched since it took the place of {before}: better on {wins}, worse on {losses} "
                "of {corrected} corrected reviews (taken back at {limit:g}, now {capital:.2f})",
                before=watch["before"],
                wins=watch["wins"],
                losses=watch["losses"],
                corrected=watch["corrected"],
                limit=watch["limit"],
                capital=watch["capital"],
            )
        )
    for proposal in answer["proposals"]:
        _line(_reason(proposal))


def try_model(
    path: Annotated[
        str, typer.Argument(help="A bundle or run on the service's machine, or a shipped name.")
    ],
    share: Share = 0.0,
    url: Url = _URL,
    key_variable: KeyVariable = _KEY,
) -> None:
    """Put a candidate beside the model that a service answers by."""
    with _service(url, key_variable) as client:
        answer = client.change("POST", "/v1/models/candidate", {"path": path, "share": share})
    _line(_trial_told(answer["trial"]))


def set_share(
    part: Annotated[
        float, typer.Argument(min=0, max=1, help="Of the calls that the candidate answers, 0 to 1.")
    ],
    url: Url = _URL,
    key_variable: KeyVariable = _KEY,
) -> None:
    """Let the candidate answer another share of the calls."""
    with _service(url, key_variable) as client:
        answer = client.change("PATCH", "/v1/models/candidate", {"share": part})
    _line(_trial_told(answer["trial"]))


def trial(url: Url = _URL, key_variable: KeyVariable = _KEY) -> None:
    """Compare the candidate with the model of now: copies of calls, and corrected reviews."""
    with _service(url, key_variable) as client:
        answer = client.get("/v1/models/candidate")
    _line(_trial_told(answer["trial"]))
    copies, corrected = answer["copies"], answer["corrected"]
    _line(f"{say('copies of calls')}: {counted(copies['reviews'], 'reviews')}")
    for words, figure in (
        (say("agreement of opinions, F1"), copies["agreement"]),
        (say("same sentiment"), copies["same_sentiment"]),
    ):
        if figure is not None:
            _line(f"  {words}: {_interval(figure)}")
    _both(say("mean confidence"), copies["confidence"])
    _both(say("opinions a review"), copies["opinions"])
    settled = counted(corrected["reviews"], "reviews")
    _line(f"{say('reviews that people corrected to the end')}: {settled}")
    _both(say("precision"), corrected["precision"])
    _both("F1", corrected["f1"])


def promote(url: Url = _URL, key_variable: KeyVariable = _KEY) -> None:
    """Let the candidate answer every call; it is taken back by itself where it is worse."""
    with _service(url, key_variable) as client:
        _line(client.change("POST", "/v1/models/promote")["model"]["name"])


def rollback(url: Url = _URL, key_variable: KeyVariable = _KEY) -> None:
    """Drop the candidate; where none is on trial, bring the model of before again."""
    with _service(url, key_variable) as client:
        _line(client.change("POST", "/v1/models/rollback")["model"]["name"])


@contextmanager
def _service(url: str, key_variable: str) -> Iterator[Client]:
    key = os.environ.get(key_variable, "").strip()
    if not key:
        raise GuandianError(
            f"the environment variable {key_variable} holds no key", f"export {key_variable}=..."
        )
    needs("httpx2", "client", "asking a service")
    from guandian.client import Client

    with Client(url, key) as client:
        yield client


def _line(text: str) -> None:
    Console(highlight=False).print(Text(text), soft_wrap=True)


def _trial_told(trial: Mapping[str, Any]) -> str:
    return say(
        "on trial: {name}, answers {share:.0%} of the calls; {copied:,} reviews compared, "
        "{skipped:,} passed over",
        name=trial["model"]["name"],
        share=trial["share"],
        copied=trial["copied"],
        skipped=trial["skipped"],
    )


def _reason(proposal: Mapping[str, Any]) -> str:
    if proposal["reason"] == "corrections":
        return say(
            "worth a training: {value:,.0f} reviews corrected since this model was opened",
            value=proposal["value"],
        )
    if proposal["reason"] == "unlike":
        return say(
            "worth a training: {value:.1%} of the latest reviews are unlike those learned from",
            value=proposal["value"],
        )
    return say(
        "worth a training: the mean confidence has fallen to {value:.3f}, below {limit:.3f}",
        value=proposal["value"],
        limit=proposal["limit"],
    )


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} … {figure['high']:.3f})"


def _both(words: str, figures: Mapping[str, Any] | None) -> None:
    if figures is None or figures["incumbent"] is None or figures["candidate"] is None:
        return
    gain = figures["gain"]
    line = f"  {words}: {figures['incumbent']:.3f} → {figures['candidate']:.3f}"
    if gain is not None:
        line += f", {gain['value']:+.3f} ({gain['low']:+.3f} … {gain['high']:+.3f})"
    _line(line)
