"""A gated recurrent unit with a norm on its summed inputs, as in Ba, Kiros and Hinton 2016 (arXiv:1607.06450, supplement)."""

import torch
from torch import nn

from standardized import per_channel


class SequenceNorm(nn.Module):
    """One norm for all steps, or, with running statistics for each step, as many; gamma and beta are shared then."""

    def __init__(self, features, steps, plan):
        super().__init__()
        per_step = plan.get("statisticsPerStep", False)
        plan.options["affine"] = not per_step
        self.norms = nn.ModuleList(plan.norm(features, images=False)[0] for _ in range(steps if per_step else 1))
        plan.options["affine"] = True
        if per_step:
            self.gamma, self.beta = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
        self.per_step = per_step

    def forward(self, x, t):
        y = self.norms[t if self.per_step else 0](x)
        return y * per_channel(self.gamma, y) + per_channel(self.beta, y) if self.per_step else y


class NormalizedGru(nn.Module):
    """z, r = sigmoid(norm1(Wh h) + norm2(Wx x)), c = tanh(norm3(W x) + r norm4(U h)), h = h + z (c - h); images row by row."""

    def __init__(self, inputs, hidden, steps, plan):
        super().__init__()
        bias, self.hidden = plan.bias(hidden, images=False), hidden
        self.inputGates, self.stateGates = nn.Linear(inputs, 2 * hidden, bias), nn.Linear(hidden, 2 * hidden, False)
        self.inputCandidate, self.stateCandidate = nn.Linear(inputs, hidden, bias), nn.Linear(hidden, hidden, False)
        if plan.norm(1 if plan.config["norm"] == "none" else hidden, images=False):
            norm = lambda features: SequenceNorm(features, steps, plan)
            self.stateGatesNorm, self.inputGatesNorm = norm(2 * hidden), norm(2 * hidden)
            self.inputCandidateNorm, self.stateCandidateNorm = norm(hidden), norm(hidden)
        else:
            nothing = lambda x, t: x
            self.stateGatesNorm = self.inputGatesNorm = self.inputCandidateNorm = self.stateCandidateNorm = nothing

    def forward(self, x):
        rows = x.permute(0, 2, 3, 1).flatten(2)  # [N, H, W C]
        # Once for all steps: a norm of weights works once per sequence.
        gates, candidates = self.inputGates(rows), self.inputCandidate(rows)
        unit = torch.eye(self.hidden, dtype=x.dtype)
        state_gates, state_candidate = self.stateGates(unit), self.stateCandidate(unit)
        h = torch.zeros(len(x), self.hidden, dtype=x.dtype)
        for t in range(rows.shape[1]):
            both = torch.sigmoid(self.stateGatesNorm(h @ state_gates, t) + self.inputGatesNorm(gates[:, t], t))
            z, r = both.chunk(2, dim=1)
            summed = self.inputCandidateNorm(candidates[:, t], t) + r * self.stateCandidateNorm(h @ state_candidate, t)
            h = h + z * (torch.tanh(summed) - h)
        return h
