"""Writes the files of test/models/foreign: one tiny ViT as ONNX and TorchScript in the ways that people export.

Command: /usr/bin/python3 test/models/reference/foreign.py; npx biome format --write test/models/foreign  (torch 1.13.1, which needs no onnx package)

B images of 3 x 16 x 16, N = 1 + 4 * 4 tokens, D = 8 channels, H = 2 heads. Weights are waves, so that both sides can make them.
"""

import json
import math
import pathlib
from typing import Dict

import torch
from torch import nn

here = pathlib.Path(__file__).parent.parent / "foreign"
D, H = 8, 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = H
        self.qkv = nn.Linear(D, 3 * D)
        self.proj = nn.Linear(D, D)

    def forward(self, x):
        B, N, D = x.shape
        E = D // self.heads
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, E).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]  # each [B, H, N, E]
        weights = (q * E**-0.5 @ k.transpose(-2, -1)).softmax(dim=-1)  # [B, H, N, N]
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, D))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(D, 4 * D)
        self.fc2 = nn.Linear(4 * D, D)

    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(D, eps=1e-6)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(D, eps=1e-6)
        self.mlp = Mlp()

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # [B, N, D]


class PatchEmbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(3, D, kernel_size=4, stride=4)

    def forward(self, images):
        return self.proj(images)  # [B, D, 4, 4]


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, D))
        self.pos_embed = nn.Parameter(torch.zeros(1, 17, D))
        self.patch_embed = PatchEmbed()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm = nn.LayerNorm(D, eps=1e-6)
        self.head = nn.Linear(D, 5)

    def embed(self, map):
        patches = map.flatten(2).transpose(1, 2)
        return torch.cat([self.cls_token.expand(map.shape[0], -1, -1), patches], dim=1) + self.pos_embed

    def answer(self, images):
        x = self.embed(self.patch_embed(images))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])  # [B, 5]

    def forward(self, images):
        return self.answer(images)


class WithTaps(Vit):
    """The logits, the map of patches, and the tokens after each block."""

    def forward(self, images):
        map = self.patch_embed(images)
        first = self.blocks[0](self.embed(map))
        second = self.blocks[1](first)
        return self.head(self.norm(second)[:, 0]), map, (first, second)


class AsDict(Vit):
    """By name; and the patches' map with its channels last."""

    def forward(self, images) -> Dict[str, torch.Tensor]:
        map = self.patch_embed(images)
        x = self.embed(map)
        for block in self.blocks:
            x = block(x)
        return {"features": self.norm(x)[:, 0], "logits": self.head(self.norm(x)[:, 0]), "last": map.permute(0, 2, 3, 1)}


class InPlace(Vit):
    """What it does with a block's result is done in place, after the block."""

    def forward(self, images):
        x = self.embed(self.patch_embed(images))
        for block in self.blocks:
            x = block(x)
            x += 1
        return self.head(self.norm(x)[:, 0])


class OnePicture(Vit):
    """The number of pictures is a constant of the program."""

    def forward(self, images):
        return self.answer(images).view(1, 5)


class Half(Vit):
    def forward(self, images):
        return self.answer(images.float()).half()


class Raises(Vit):
    def forward(self, images):
        if images.sum() < 1e9:
            raise ValueError("these pictures are too dark")
        return self.answer(images)


class TwoInputs(Vit):
    def forward(self, images, mask):
        return self.answer(images) * mask


def filled(kind):
    """Every tensor a wave, its place among the sorted keys the phase."""
    model = kind().eval()
    state = model.state_dict()
    for phase, key in enumerate(sorted(state)):
        wave = torch.tensor([math.sin(phase + 0.9 * i) for i in range(state[key].numel())], dtype=torch.float64)
        state[key].copy_(0.5 * wave.reshape(state[key].shape))
    return model.requires_grad_(False)


def onnx(kind, name, images, outputs, dynamic, inputs=("images",), **options):
    axes = {each: {0: "batch"} for each in [inputs[0], *outputs]} if dynamic else {}
    torch.onnx.export(filled(kind), images, str(here / name), input_names=list(inputs), output_names=list(outputs), dynamic_axes=axes, **options)


one = torch.zeros(1, 3, 16, 16)
taps = ["logits", "map", "hidden_0", "hidden_1"]
onnx(WithTaps, "vit.onnx", one, taps, dynamic=True)
onnx(WithTaps, "vit-of-3.onnx", torch.zeros(3, 3, 16, 16), taps, dynamic=False)
onnx(Vit, "vit-logits.onnx", one, ["logits"], dynamic=True)
onnx(Half, "vit-half.onnx", one.half(), ["logits"], dynamic=True)
onnx(TwoInputs, "vit-two-inputs.onnx", (one, torch.ones(1)), ["logits"], dynamic=True, inputs=("images", "mask"))
torch.jit.trace(filled(WithTaps), one).save(str(here / "vit-traced.pt"))
torch.jit.trace(filled(OnePicture), one).save(str(here / "vit-traced-one.pt"))
torch.jit.script(filled(AsDict)).save(str(here / "vit-dict.pt"))
torch.jit.script(filled(InPlace)).save(str(here / "vit-in-place.pt"))
torch.jit.script(filled(Raises)).save(str(here / "vit-raises.pt"))

images = torch.tensor([math.sin(0.3 + 0.9 * i) for i in range(5 * 3 * 16 * 16)], dtype=torch.float64).float().reshape(5, 3, 16, 16)
logits, map, (first, second) = filled(WithTaps)(images)
sums = {name: value.double().abs().mean().item() for name, value in [("map", map), ("hidden_0", first), ("hidden_1", second)]}
in_place = filled(InPlace)
before = []
for block in in_place.blocks:
    block.register_forward_hook(lambda _, __, y: before.append(y.double().abs().mean().item()))
expected = {"logits": logits.flatten().tolist(), "mean": sums, "in place": {"logits": in_place(images).flatten().tolist(), "mean": before}}
(here / "expected.json").write_text(json.dumps(expected) + "\n")
