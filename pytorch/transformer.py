"""Parts of a small vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

import torch
from torch import nn

from blocks import as_module


class Patches(nn.Module):
    """[N, C, H, W] -> [N, patches, size size C], the channels of a patch last."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        (n, c, h, w), size = x.shape, self.size
        cut = x.reshape(n, c, h // size, size, w // size, size).permute(0, 2, 4, 3, 5, 1)
        return cut.reshape(n, -1, size * size * c)


class Positions(nn.Module):
    """Adds a learned vector for each place."""

    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, features))

    def forward(self, x):
        return x + self.weight


class MeanOfTokens(nn.Module):
    def forward(self, x):
        return x.mean(1)


def on_tokens(norm):
    """A norm of [N, C, positions] on tokens [N, L, C]."""
    inner = norm.forward
    norm.forward = lambda x: inner(x.transpose(1, 2)).transpose(1, 2)
    return norm


class Attention(nn.Module):
    """Self-attention with four dense layers, for norms of weights: nn.MultiheadAttention has three of them in one tensor."""

    def __init__(self, width, heads):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.heads = heads

    def forward(self, q, k, v, **_):
        split = lambda x: x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)
        q, k, v = split(self.query(q)), split(self.key(k)), split(self.value(v))
        weights = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).softmax(3)
        return self.output((weights @ v).transpose(1, 2).flatten(2)), weights


class EncoderLayer(nn.Module):
    """nn.TransformerEncoderLayer with any norm; the same names."""

    def __init__(self, width, heads, norm_first, plan):
        super().__init__()
        on_weights = plan.config.get("weightNorm") or plan.norm(width, False) == [] and plan.config["norm"] != "none"
        self.self_attn = (
            Attention(width, heads) if on_weights else nn.MultiheadAttention(width, heads, batch_first=True)
        )
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = (as_module([on_tokens(norm) for norm in plan.norm(width, False)]) for _ in range(2))
        self.norm_first = norm_first

    def forward(self, x):
        attend = lambda h: self.self_attn(h, h, h, need_weights=False)[0]
        dense = lambda h: self.linear2(torch.relu(self.linear1(h)))
        if self.norm_first:
            x = x + attend(self.norm1(x))
            return x + dense(self.norm2(x))
        x = self.norm1(x + attend(x))
        return self.norm2(x + dense(x))
