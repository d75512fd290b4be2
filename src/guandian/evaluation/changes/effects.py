"""Mix and rate effects of groups of cells on the net of all, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import Floats

MIX, RATE = 0, 1
"""Rows of effects and scores: a group's share of the opinions changed, or its own net did."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockSums:
    """Sums by block of reviews, of groups of cells and of all cells that are looked at.

    Attributes:
        signed: positive less negative opinions `[blocks, g]`.
        opinions: all opinions `[blocks, g]`.
        all_signed, all_opinions: the same of all cells `[blocks]`.
        usual: opinions of each group if it had the share of both windows together in every block:
            of the block's opinions, or, of groups of aspects, of those on the same product at the
            same source, so that a busier product is no talk of its aspects `[blocks, g]`.
        ahead: signed opinions of groups of aspects less what as many opinions on the same product
            at the same source have `[blocks, g]`.
        aspects: which groups are of aspects or categories `[g]`.
        earlier: how many blocks are of the earlier window; they come first.
    """

    signed: Floats
    opinions: Floats
    all_signed: Floats
    all_opinions: Floats
    usual: Floats
    ahead: Floats
    aspects: NDArray[np.bool_]
    earlier: int

    def halves(self, sums: Floats) -> tuple[Floats, Floats]:
        """The totals of the earlier and of the later window."""
        return sums[: self.earlier].sum(0), sums[self.earlier :].sum(0)


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """How the groups' shares and nets move the net of all: of two parts, a group and the rest.

    `net = share * net of the group + (1 - share) * net of the rest`. With the mean of both windows
    for what stays, the change is `change of the share * (group - rest)` (mix), plus `share * change
    of the group's net` (rate), plus what the rest changes by itself.

    Attributes:
        shares: of the opinions, earlier and later `[2, g]`.
        nets: of the groups, -1 to 1; one without opinions in a window has that of the other.
        rest: the nets of all the rest alike.
        values: mix and rate effects `[2, g]`.
    """

    shares: Floats
    nets: Floats
    rest: Floats
    values: Floats


def effects_of(sums: BlockSums) -> Effects:
    """The effects of every group, each alone against all the rest."""
    opinions, signed = sums.halves(sums.opinions), sums.halves(sums.signed)
    everything, signs = sums.halves(sums.all_opinions), sums.halves(sums.all_signed)
    shares = np.stack([opinions[t] / max(float(everything[t]), 1e-12) for t in (0, 1)])
    nets = _nets(np.stack(signed), np.stack(opinions))
    rest = _nets(
        np.stack([signs[t] - signed[t] for t in (0, 1)]),
        np.stack([everything[t] - opinions[t] for t in (0, 1)]),
    )
    mix = (shares[1] - shares[0]) * (nets - rest).mean(0)
    rate = shares.mean(0) * (nets[1] - nets[0])
    return Effects(shares, nets, rest, np.stack([mix, rate]))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores `[2, g]` that are about standard normal where nothing changed.

    They ask blocks of both windows together, as if no window were known: then every assignment of
    the blocks to the windows is equally likely, and drawing assignments gives what the largest of
    all scores is by chance.

    Attributes:
        residuals: of each block for share and net `[blocks, 2 g]`, scaled to scores.
        differs: how surely the net of a group differs from that of the rest, a score `[g]`.
        share: how surely the share of a group changed, whatever that does to the net `[g]`.
        values: the scores `[2, g]`.
    """

    residuals: Floats
    differs: Floats
    share: Floats
    values: Floats

    @classmethod
    def of(cls, sums: BlockSums) -> Scores:
        """Score every group, mix and rate."""
        blocks, earlier = len(sums.all_opinions), sums.earlier
        own, every = sums.opinions.sum(0), float(sums.all_opinions.sum())
        net = np.divide(sums.signed.sum(0), own, out=np.zeros_like(own), where=own > 0)
        of_net = sums.signed - net * sums.opinions
        of_share = sums.opinions - sums.usual
        others = every - own
        left = np.divide(
            float(sums.all_signed.sum()) - sums.signed.sum(0),
            others,
            out=np.zeros_like(own),
            where=others > 1e-9,
        )
        of_rest = (sums.all_signed[:, None] - sums.signed) - left * (
            sums.all_opinions[:, None] - sums.opinions
        )
        doubt = np.sqrt(((_over(of_net, own) - _over(of_rest, others)) ** 2).sum(0))
        differs = np.where(others > 1e-9, _ratio(net - left, doubt), 0.0)
        ahead = sums.ahead.sum(0)
        doubt = np.sqrt(((sums.ahead - _over(ahead, own) * sums.opinions) ** 2).sum(0))
        differs = np.where(sums.aspects, _ratio(ahead, doubt), differs)
        residuals = np.concatenate([of_share, of_net], axis=1)
        scale = earlier * (blocks - earlier) / max(blocks * (blocks - 1), 1)
        spread = np.sqrt(scale * (residuals**2).sum(0))
        spread[spread <= 1e-9] = np.inf
        residuals /= spread
        sums_later = residuals[earlier:].sum(0)
        return cls(residuals, differs, sums_later[: len(own)], _scores(sums_later, differs))

    def largest(self, draws: int, seed: int, earlier: int) -> Floats:
        """The largest score of each of so many assignments of blocks to windows, `[draws]`."""
        dice = np.random.default_rng(seed)
        blocks = len(self.residuals)
        later = np.zeros((draws, blocks))
        for row in later:
            row[dice.permutation(blocks)[: blocks - earlier]] = 1
        drawn = _scores(later @ self.residuals, self.differs)
        return np.asarray(np.abs(drawn).max((-2, -1)), dtype=np.float64)


def _scores(sums: Floats, differs: Floats) -> Floats:
    """Scores `[..., 2, g]` of scaled sums `[..., 2 g]` of share and net.

    A mix has an effect only where both the share changed and the group differs from the rest: its
    score is Sobel's, that of a product of two.
    """
    width = len(differs)
    share, rate = sums[..., :width], sums[..., width:]
    mix = _ratio(share * differs, np.sqrt(share**2 + differs**2))
    return np.stack([mix, rate], axis=-2)


def _nets(signed: Floats, opinions: Floats) -> Floats:
    """Nets `[2, g]`; a window without opinions has the net of the other."""
    nets = np.divide(signed, opinions, out=np.full_like(opinions, np.nan), where=opinions > 1e-9)
    nets = np.where(np.isnan(nets), nets[::-1], nets)
    return np.nan_to_num(nets)


def _over(amounts: Floats, totals: Floats) -> Floats:
    whole = np.broadcast_to(totals, amounts.shape)
    return np.divide(amounts, whole, out=np.zeros_like(amounts), where=whole > 1e-9)


def _ratio(values: Floats, spread: Floats) -> Floats:
    return np.divide(values, spread, out=np.zeros_like(values), where=spread > 1e-12)
