"""The formula that fills the weights on both sides: a hash of a tensor's name seeds mulberry32 (tools/golden/filler.ts)."""

import math

import torch

EMBEDDINGS = {"pos_embed", "cls_token"}
MASK = 0xFFFFFFFF


def fnv1a32(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & MASK
    return value


def product32(a, b):
    """a · b modulo 2^32, for int64 tensors of 32 bits: the halves of b one after the other, or it would overflow."""
    return (a * (b & 0xFFFF) + (((a * (b >> 16)) & 0xFFFF) << 16)) & MASK


def uniform(name, count):
    """`count` numbers in [0, 1), float64."""
    a = (fnv1a32(name) + torch.arange(1, count + 1) * 0x6D2B79F5) & MASK
    t = product32(a ^ (a >> 15), a | 1)
    t = t ^ ((t + product32(t ^ (t >> 7), t | 61)) & MASK)
    return (t ^ (t >> 14)).double() / 2**32


def rule(key, shape):
    """Offset and scale of the values in [-1, 1)."""
    last = key.rsplit(".", 1)[-1]
    if last in EMBEDDINGS:
        return 0, 0.2
    if len(shape) > 1:
        return 0, math.sqrt(3 / math.prod(shape[1:]))
    return (1, 0.2) if last == "weight" or last.startswith("gamma") else (0, 0.2)


def fill(model):
    with torch.no_grad():
        for key, target in model.state_dict().items():
            offset, scale = rule(key, target.shape)
            values = offset + scale * (2 * uniform(key, target.numel()) - 1)
            target.copy_(values.view(target.shape))
    return model


def images(name, shape):
    """Uniform with variance 1."""
    return (math.sqrt(3) * (2 * uniform(name, math.prod(shape)) - 1)).float().view(shape)
