"""Integrated gradients of a model's answers by its tokens, by captum.

Each token goes in a straight line from the mask's embedding to its own, and the gradient of an
answer is summed along the way (Sundararajan et al. 2017, arXiv:1703.01365). What tokens add is then
the answer less that to the hidden text, up to the error of the sum, which is measured and halved
until it is small.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from guandian.io.optional_libraries import needs
from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.model import OpinionModel
from guandian.tasks.confidence_features import Logistic
from guandian.tasks.decode import ABSENT, Candidate, Range
from guandian.tasks.head_spec import ASPECT, EXPRESSION, HeadSpec
from guandian.tasks.token_effects import TokenEffects

TOLERANCE = 0.01
"""By which effects may miss the answer less that to the hidden text: a hundredth of a probability.
"""
_FIRST_STEPS, _MOST_STEPS = 32, 512
_BATCH_TOKENS = 2048


class TextGradients:
    """Explains what a model says of a text by gradients.

    Args:
        model: to be explained; it is read in float32, without dropout.
        mask_id: the token behind which others hide.
        confidence: of a whole opinion, from its features.
    """

    def __init__(self, model: OpinionModel, mask_id: int, confidence: Logistic) -> None:
        self._model, self._mask_id, self._confidence = model.eval(), mask_id, confidence
        for parameter in model.parameters():
            parameter.requires_grad_(False)

    def __call__(self, ids: NDArray[np.int64], opinions: Sequence[Candidate]) -> TokenEffects:
        """The values of a text, and what each of its tokens adds.

        Args:
            ids: [N], special tokens at both ends.
            opinions: over tokens of this text, counted from 1.

        Raises:
            GuandianError: captum is not installed.
        """
        integrated = needs("captum.attr", "train", "--method gradients").IntegratedGradients
        table = pretrained(self._model.encoder).get_input_embeddings()
        tokens = torch.from_numpy(ids)[None]
        hidden = tokens.clone()
        hidden[:, 1:-1] = self._mask_id
        text, base = table(tokens).detach(), table(hidden).detach()

        def answers(embedded: Tensor) -> Tensor:
            return self._answers(embedded, opinions)

        with torch.no_grad():
            values, bases = answers(text)[0], answers(base)[0]
        explainer, passes, gaps = integrated(answers), 2, []
        columns = []
        for target in range(len(values)):
            steps, gap = _FIRST_STEPS // 2, np.inf
            while abs(gap) > TOLERANCE and steps < _MOST_STEPS:
                steps *= 2
                effects = explainer.attribute(
                    text, base, target=target, n_steps=steps, method="gausslegendre",
                    internal_batch_size=max(1, _BATCH_TOKENS // len(ids)),
                )  # fmt: skip
                by_token = effects[0].sum(-1).double()
                gap = float(by_token.sum() - (values[target] - bases[target]))
                passes += steps
            gaps.append(abs(gap))
            columns.append(by_token[1:-1].numpy())
        return TokenEffects(
            values.double().numpy(), bases.double().numpy(),
            np.stack(columns, 1), max(gaps), passes,
        )  # fmt: skip

    def _answers(self, embedded: Tensor, opinions: Sequence[Candidate]) -> Tensor:
        """The values [B, T] of embedded texts [B, N, H]."""
        states = self._model.encoder(inputs_embeds=embedded).last_hidden_state
        arrays = self._model.heads(states, None)
        sentiment = arrays["sentiment"].softmax(-1)
        columns = [sentiment[:, 2] - sentiment[:, 0]]
        for opinion in opinions:
            polarity, features = features_at(arrays, self._model.spec, opinion)
            weights = features.new_tensor(self._confidence.weights)
            columns.append(polarity[:, opinion.polarity].exp())
            columns.append(torch.sigmoid(features @ weights + self._confidence.bias))
        return torch.stack(columns, 1)


def features_at(
    arrays: dict[str, Tensor], spec: HeadSpec, candidate: Candidate
) -> tuple[Tensor, Tensor]:
    """The log-probabilities of polarities [B, 3] at a candidate's place, and its features [B, F].

    They are those of `tasks.decode`, so that gradients run through them.

    Args:
        arrays: of `HeadSpec`, batch first.
        spec: the label spaces.
        candidate: over tokens of the texts, counted from 1.
    """
    aspect, expression, clause = candidate.aspect, candidate.expression, candidate.clause
    zero = arrays["spans"].new_zeros(len(arrays["spans"]))
    scores = [
        arrays["spans"][:, spec.span_types.index(kind), at[0], at[1]] if at != ABSENT else zero
        for kind, at in ((ASPECT, aspect), (EXPRESSION, expression))
    ]
    said = [score for score, at in zip(scores, (aspect, expression), strict=True) if at != ABSENT]
    if clause is not None:
        link = arrays["implicit"][:, clause[0] : clause[1] + 1].mean(1)
    else:
        pairs = arrays["pairs"]
        link = (pairs[:, 0, aspect[0], expression[0]] + pairs[:, 1, aspect[1], expression[1]]) / 2
    weakest = torch.stack([*said, link], 1).min(1).values
    category, polarity = (
        _read(arrays[name], aspect, clause or expression) for name in ("category", "polarity")
    )
    flags = [zero + float(at == ABSENT) for at in (aspect, expression)]
    features = torch.stack(
        [weakest, *scores, link, category[:, candidate.category],
         polarity[:, candidate.polarity], *flags], 1
    )  # fmt: skip
    return polarity, features


def _read(logits: Tensor, aspect: Range, expression: Range) -> Tensor:
    """Log-probabilities [B, K] of labels [B, N, 2, K], read at an aspect and an expression."""
    parts = [
        logits[:, at[0] : at[1] + 1, role].mean(1) for role, at in enumerate((aspect, expression))
    ]
    return (parts[0] + parts[1]).log_softmax(-1)
