"""CaiT in plain PyTorch, as timm writes it. https://arxiv.org/abs/2103.17239

B images, N patches, D channels, H heads of E = D / H. Keys are timm's.
"""

import torch
from torch import nn


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class TalkingHeads(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.proj_l = nn.Linear(heads, heads)
        self.proj_w = nn.Linear(heads, heads)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)  # each [B, H, N, E]
        attn = (q * self.scale) @ k.transpose(-2, -1)  # [B, H, N, N]
        attn = self.proj_l(attn.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        attn = attn.softmax(dim=-1)
        attn = self.proj_w(attn.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.proj((attn @ v).transpose(1, 2).reshape(B, N, D))


class ClassAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.q = nn.Linear(dim, dim)
        self.k = nn.Linear(dim, dim)
        self.v = nn.Linear(dim, dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):  # [B, 1 + N, D]
        B, N, D = x.shape
        q = self.q(x[:, 0]).unsqueeze(1).reshape(B, 1, self.heads, D // self.heads).permute(0, 2, 1, 3)
        k = self.k(x).reshape(B, N, self.heads, D // self.heads).permute(0, 2, 1, 3)
        v = self.v(x).reshape(B, N, self.heads, D // self.heads).permute(0, 2, 1, 3)
        attn = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)  # [B, H, 1, 1 + N]
        return self.proj((attn @ v).transpose(1, 2).reshape(B, 1, D))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = TalkingHeads(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)
        self.gamma_1 = nn.Parameter(1e-5 * torch.ones(dim))
        self.gamma_2 = nn.Parameter(1e-5 * torch.ones(dim))

    def forward(self, x):
        x = x + self.gamma_1 * self.attn(self.norm1(x))
        return x + self.gamma_2 * self.mlp(self.norm2(x))  # [B, N, D]


class ClassBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = ClassAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)
        self.gamma_1 = nn.Parameter(1e-5 * torch.ones(dim))
        self.gamma_2 = nn.Parameter(1e-5 * torch.ones(dim))

    def forward(self, x, token):
        u = torch.cat((token, x), dim=1)  # [B, 1 + N, D]
        token = token + self.gamma_1 * self.attn(self.norm1(u))
        return token + self.gamma_2 * self.mlp(self.norm2(token))  # [B, 1, D]


class PatchEmbed(nn.Module):
    def __init__(self, patch, dim):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)

    def forward(self, images):
        return self.proj(images).flatten(2).transpose(1, 2)  # [B, N, D]


class CaiT(nn.Module):
    """S24 unless told."""

    def __init__(self, size=224, patch=16, dim=384, depth=24, heads=8, classes=1000):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // patch) ** 2, dim))
        self.patch_embed = PatchEmbed(patch, dim)
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.blocks_token_only = nn.ModuleList([ClassBlock(dim, heads) for _ in range(2)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Linear(dim, classes)

    def forward(self, images):
        """Logits [B, classes] and what each block gives [B, N, D]."""
        x = self.patch_embed(images) + self.pos_embed
        layers = []
        for block in self.blocks:
            x = block(x)
            layers.append(x)
        token = self.cls_token.expand(images.shape[0], -1, -1)
        for block in self.blocks_token_only:
            token = block(x, token)
        x = self.norm(torch.cat((token, x), dim=1))
        return self.head(x[:, 0]), layers
