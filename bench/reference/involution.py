"""The PyTorch side of `npm run bench -- involution`: the paper's formulation. https://arxiv.org/abs/2103.06255

B images, C channels in G groups, H x H their map, h x h the positions, K the kernel's side.
"""

import torch
from torch.nn import functional as F

from serve import describe, serve, times


def involution(x, weight, stride):
    B, C = x.shape[:2]
    _, G, K, _, h, w = weight.shape
    patches = F.unfold(x, K, padding=(K - 1) // 2, stride=stride).view(B, G, C // G, K * K, h, w)
    return (weight.view(B, G, 1, K * K, h, w) * patches).sum(dim=3).view(B, C, h, w)


def pass_of(batch, channels, map, kernel, stride, forwardOnly):
    positions = -(-map // stride)
    x = torch.randn(batch, channels, map, map, requires_grad=True)
    weight = torch.randn(batch, channels // 16, kernel, kernel, positions, positions, requires_grad=True)
    seed = torch.randn(batch, channels, positions, positions)

    def forward():
        with torch.no_grad():
            involution(x, weight, stride)

    def both():
        torch.autograd.grad(involution(x, weight, stride), [x, weight], seed)

    return forward if forwardOnly else both


run = None


def prepare(count, **shape):
    """The operands; a pass over small ones has loaded what code it takes, which is not the operator's memory."""
    global run
    pass_of(**{**shape, "batch": 1, "channels": 16, "map": 8})()
    run = pass_of(**shape)


def passes(count):
    return times(count, run)


serve({"describe": describe, "prepare": prepare, "passes": passes})
