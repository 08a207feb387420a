"""Writes test/models/positions.json: PyTorch's bicubic interpolation of tables of positions, as timm 0.5.4 and Swin call it.
Command: /usr/bin/python3 test/models/reference/positions.py; npx biome format --write test/models  (made with torch 1.13.1)"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F


def wave(*shape):
    """The filler of test/support/wave.ts."""
    return torch.tensor([math.sin(0.5 + 0.9 * i) for i in range(math.prod(shape))], dtype=torch.float64).float().reshape(shape)


def embedding(prefix, old, new, width):
    table = wave(1, prefix + old * old, width)
    grid = table[:, prefix:].reshape(1, old, old, width).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    return torch.cat([table[:, :prefix], grid.permute(0, 2, 3, 1).reshape(1, new * new, width)], dim=1)


def relative(old, new, heads):
    table = wave((2 * old - 1) ** 2, heads)
    grid = table.permute(1, 0).view(1, heads, 2 * old - 1, 2 * old - 1)
    grid = F.interpolate(grid, size=(2 * new - 1, 2 * new - 1), mode="bicubic")
    return grid.view(heads, (2 * new - 1) ** 2).permute(1, 0)


values = {
    "plain 3 to 5": embedding(1, 3, 5, 4),
    "distilled 4 to 3": embedding(2, 4, 3, 4),
    "without prefix 2 to 7": embedding(0, 2, 7, 4),
    "relative 2 to 4": relative(2, 4, 2),
}
here = pathlib.Path(__file__).parent.parent
(here / "positions.json").write_text(json.dumps({name: value.flatten().tolist() for name, value in values.items()}))
