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
        differs: how surely the net of a group differs from that of the rest, a score `[g]`.
        share: how surely the share of a group changed, whatever that does to the net `[g]`.
        values: the scores `[2, g]`.
        spread: the standard deviations, over assignments, of what the later window's blocks have
            more than usual of opinions, and of signed opinions `[2, g]`; infinite where it is 0.
    """

    differs: Floats
    share: Floats
    values: Floats
    spread: Floats

    @classmethod
    def of(cls, sums: BlockSums) -> Scores:
        """Score every group, mix and rate."""
        blocks, earlier = len(sums.all_opinions), sums.earlier
        own = sums.opinions.sum(0)
        net = _over(sums.signed.sum(0), own)
        squares = _dot(sums.opinions, sums.opinions)
        crossed, signs = _dot(sums.signed, sums.opinions), _dot(sums.signed, sums.signed)
        unusual = sums.opinions - sums.usual
        variances = np.stack(
            [_dot(unusual, unusual), np.maximum(signs - 2 * net * crossed + net**2 * squares, 0)]
        )
        spread = np.sqrt(earlier * (blocks - earlier) / max(blocks * (blocks - 1), 1) * variances)
        spread[spread <= 1e-6] = np.inf
        later = sums.signed[earlier:].sum(0) - net * sums.opinions[earlier:].sum(0)
        share = unusual[earlier:].sum(0) / spread[MIX]
        ahead = sums.ahead.sum(0)
        gap = _over(ahead, own)
        doubt = (
            _dot(sums.ahead, sums.ahead)
            - 2 * gap * _dot(sums.ahead, sums.opinions)
            + gap**2 * squares
        )
        differs = _ratio(ahead, np.sqrt(np.maximum(doubt, 0)))
        differs[~sums.aspects] = _apart(sums)
        scores = _scores(np.concatenate([share, later / spread[RATE]]), differs)
        return cls(differs, share, scores, spread)

    def largest(self, sums: BlockSums, draws: int, seed: int) -> Floats:
        """The largest score of each of so many assignments of blocks to windows, `[draws]`."""
        net = _over(sums.signed.sum(0), sums.opinions.sum(0))
        residuals = np.concatenate(
            [
                (sums.opinions - sums.usual) / self.spread[MIX],
                (sums.signed - net * sums.opinions) / self.spread[RATE],
            ],
            axis=1,
        )
        dice = np.random.default_rng(seed)
        blocks = len(residuals)
        later = np.zeros((draws, blocks))
        for row in later:
            row[dice.permutation(blocks)[: blocks - sums.earlier]] = 1
        drawn = _scores(later @ residuals, self.differs)
        return np.asarray(np.abs(drawn).max((-2, -1)), dtype=np.float64)


def _apart(sums: BlockSums) -> Floats:
    """How surely the net of products and sources differs from that of the rest, scores."""
    signed, opinions = sums.signed[:, ~sums.aspects], sums.opinions[:, ~sums.aspects]
    own, others = opinions.sum(0), float(sums.all_opinions.sum()) - opinions.sum(0)
    net = _over(signed.sum(0), own)
    rest = _over(float(sums.all_signed.sum()) - signed.sum(0), others)
    of_rest = sums.all_signed[:, None] - signed - rest * (sums.all_opinions[:, None] - opinions)
    influence = _over(signed - net * opinions, own) - _over(of_rest, others)
    apart = _ratio(net - rest, np.sqrt(_dot(influence, influence)))
    return np.where(others > 1e-9, apart, 0.0)


def _dot(first: Floats, second: Floats) -> Floats:
    """Sums over blocks of products `[g]`."""
    return np.asarray(np.einsum("bg,bg->g", first, second), dtype=np.float64)


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
