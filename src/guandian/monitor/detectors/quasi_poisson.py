"""Quasi-Poisson regressions with a log link, many series on one design at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guandian.monitor.detectors.judgement import Flags, Floats

# As R's `glm.control`.
MOST_STEPS = 25
TOLERANCE = 1e-8
_LOWEST, _HIGHEST = -700.0, 700.0  # whose exponentials are neither 0 nor infinite


@dataclass(frozen=True, slots=True)
class CountFit:
    """What was fitted, for `s` series, `n` buckets and `p` columns of the design.

    Attributes:
        coefficients: `[s, p]`, on the scale of logarithms.
        mean: `[s, n]`, fitted.
        covariance: `[s, p, p]` of the coefficients, for a dispersion of 1.
        leverage: `[s, n]`.
        dispersion: `[s]`, Pearson's; below 1 where counts vary less than Poisson's.
        converged: `[s]`.
    """

    coefficients: Floats
    mean: Floats
    covariance: Floats
    leverage: Floats
    dispersion: Floats
    converged: Flags

    def predicted(self, row: Floats) -> tuple[Floats, Floats]:
        """The logarithm of the mean at rows `[m, p]` or one `[p]`, and its variance (dispersion 1).

        Returns:
            Each `[s]` or `[s, m]`; NaN of series that did not converge.
        """
        value = self.coefficients @ row.T
        variance = np.einsum("...p,spq,...q->s...", row, self.covariance, row)
        bad = ~self.converged
        value[bad], variance[bad] = np.nan, np.nan
        return value, variance


def fit_counts(
    counts: Floats, design: Floats, given: Floats | None = None, penalty: Floats | None = None
) -> CountFit:
    """Fits every series by iteratively reweighted least squares.

    Starts, stops and counts degrees of freedom as `glm` of R does, so that both agree in all
    digits that a threshold could show, also where a level of a factor has no count and its
    coefficient runs away.

    Args:
        counts: `[s, n]`; NaN weighs nothing.
        design: `[n, p]`, of full rank.
        given: weights `[s, n]`, not negative; equal without.
        penalty: `[s, p]`, what a coefficient's square costs, in units of the information; none
            without.
    """
    there = np.isfinite(counts)
    y = np.where(there, counts, 0.0)
    prior = there.astype(np.float64) if given is None else np.where(there, given, 0.0)
    pairs = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    linear = np.log(y + 0.1)  # R's start for Poisson counts
    mean = np.exp(linear)
    series, columns = len(y), design.shape[1]
    coefficients = np.zeros((series, columns))
    normal = np.zeros((series, columns, columns))
    deviance = _deviance(y, mean, prior)
    converged = np.zeros(series, dtype=bool)
    weights = np.zeros_like(y)
    left = np.arange(series)
    diagonal = np.arange(columns)
    for _ in range(MOST_STEPS):
        weights[left] = weight = prior[left] * mean[left]
        working = linear[left] + (y[left] - mean[left]) / mean[left]
        normal[left] = (weight @ pairs).reshape(-1, columns, columns)
        if penalty is not None:
            normal[left[:, None], diagonal, diagonal] += penalty[left]
        coefficients[left] = _solved(normal[left], (weight * working) @ design)
        linear[left] = np.clip(coefficients[left] @ design.T, _LOWEST, _HIGHEST)
        mean[left] = np.exp(linear[left])
        before, deviance[left] = deviance[left], _deviance(y[left], mean[left], prior[left])
        change = np.abs(deviance[left] - before) / (np.abs(deviance[left]) + 0.1)
        converged[left] = change < TOLERANCE
        left = left[~converged[left]]
        if not len(left):
            break
    covariance = _inverse(normal, converged)
    leverage = weights * (covariance.reshape(series, -1) @ pairs.T)
    # Weights of the last step, as in R: a level without a count is still on its way down.
    pearson = (weights * ((y - mean) / mean) ** 2).sum(1)
    freedom = np.maximum((prior > 0).sum(1) - columns, 1)
    return CountFit(coefficients, mean, covariance, leverage, pearson / freedom, converged)


def _inverse(normal: Floats, converged: Flags) -> Floats:
    """The covariance `[s, p, p]` at a dispersion of 1."""
    covariance = np.full_like(normal, np.nan)
    scale = _scale(normal)
    covariance[converged] = np.linalg.pinv(
        normal[converged] * scale[converged, :, None] * scale[converged, None, :], hermitian=True
    )
    return np.asarray(covariance * scale[:, :, None] * scale[:, None, :])


def _scale(normal: Floats) -> Floats:
    """What makes the diagonal 1, `[s, p]`: factor levels without a count weigh next to nothing."""
    diagonal = np.einsum("spp->sp", normal)
    return np.asarray(1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)))


def _solved(normal: Floats, right: Floats) -> Floats:
    """Solutions `[s, p]` of the normal equations; the least ones where the rank is short."""
    scale = _scale(normal)
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    try:
        solution = np.linalg.solve(scaled, (right * scale)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(scaled, hermitian=True)
        solution = np.einsum("spq,sq->sp", inverse, right * scale)
    return np.asarray(solution * scale)


def _deviance(y: Floats, mean: Floats, prior: Floats) -> Floats:
    """Poisson deviances `[s]`."""
    logs = y * np.log(np.where(y > 0, y, 1.0) / mean, where=y > 0, out=np.zeros_like(y))
    return np.asarray(2 * (prior * (logs - (y - mean))).sum(1))
