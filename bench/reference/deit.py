"""DeiT-Tiny in plain PyTorch, from the paper's formula. https://arxiv.org/abs/2012.12877

B images, N = 1 + 14 * 14 tokens, D = 192 channels, H = 3 heads of E = 64. Keys are timm's.
"""

import torch
from torch import nn

from cait import Mlp, PatchEmbed


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)  # each [B, H, N, E]
        weights = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)  # [B, H, N, N]
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, D))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # [B, N, D]


class DeiTTiny(nn.Module):
    def __init__(self, size=224, patch=16, dim=192, depth=12, heads=3, classes=1000):
        super().__init__()
        self.patch_embed = PatchEmbed(patch, dim)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + (size // patch) ** 2, dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, classes)

    def layers(self, images):  # [B, 3, 224, 224]
        """What each block gives, [B, N, D]."""
        x = torch.cat([self.cls_token.expand(images.shape[0], -1, -1), self.patch_embed(images)], dim=1) + self.pos_embed
        layers = []
        for block in self.blocks:
            x = block(x)
            layers.append(x)
        return layers

    def classify(self, tokens):
        return self.head(self.norm(tokens)[:, 0])  # [B, classes]

    def forward(self, images):
        return self.classify(self.layers(images)[-1])
