"""Writes golden.json beside this file: PyTorch's values for test/nn. Command: python3 test/nn/golden.py; npx biome format --write test/nn  (made with torch 1.13.1)"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn


def wave(shape, phase):
    """The filler of test/support/wave.ts."""
    count = math.prod(shape)
    return torch.tensor([math.sin(phase + 0.9 * i) for i in range(count)], dtype=torch.float64).float().reshape(shape)


def numbers(t):
    return t.detach().double().flatten().tolist()


def fill(module):
    for phase, parameter in enumerate(module.parameters()):
        parameter.data.copy_(wave(parameter.shape, phase))
    return module


def passed(module, run, shape):
    """The output, and the gradients of its wave-weighted sum with respect to the input and every parameter."""
    x = wave(shape, 0.5).requires_grad_()
    y = run(x)
    (y * wave(y.shape, 0.25)).sum().backward()
    return {"output": numbers(y), "grads": [numbers(x.grad), *(numbers(p.grad) for p in module.parameters())]}


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 6), nn.Linear(6, 4)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(6, 18), nn.Linear(6, 6)

    def forward(self, x):
        q, k, v = self.qkv(x).reshape(2, 3, 3, 2, 3).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * 3**-0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(2, 3, 6))


def layers():
    norm = fill(nn.BatchNorm2d(2))
    trained = passed(norm, norm, [3, 2, 2, 2])
    running = {"mean": numbers(norm.running_mean), "var": numbers(norm.running_var)}
    norm.eval().zero_grad()
    cases = {
        "linear": (nn.Linear(4, 3), [2, 4]),
        "conv2d": (nn.Conv2d(4, 2, 3, stride=2, padding=1, groups=2), [1, 4, 5, 5]),
        "layerNorm": (nn.LayerNorm(4, eps=1e-6), [2, 3, 4]),
        "mlp": (Mlp(), [2, 3, 4]),
        "attention": (Attention(), [2, 3, 6]),
    }
    simple = {name: passed(fill(module), module, shape) for name, (module, shape) in cases.items()}
    return {**simple, "batchNorm": trained, "batchNormEval": passed(norm, norm, [3, 2, 2, 2]), "running": running}


def trunc_normal(shape, std):
    def cdf(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2

    t = torch.empty(shape).uniform_(2 * cdf(-2 / std) - 1, 2 * cdf(2 / std) - 1)
    return t.erfinv_().mul_(std * math.sqrt(2)).clamp_(-2, 2)


def initialisers():
    torch.manual_seed(7)
    linear, conv = nn.Linear(4, 3), nn.Conv2d(4, 2, 3, groups=2)
    return {
        "linear": [numbers(linear.weight), numbers(linear.bias)],
        "conv2d": [numbers(conv.weight), numbers(conv.bias)],
        "truncNormal": numbers(trunc_normal([3, 4], 0.02)),
        "truncNormalWide": numbers(trunc_normal([3, 4], 1)),
        "lecunNormal": numbers(trunc_normal([3, 4], math.sqrt(1 / 4) / 0.87962566103423978)),
        "kaimingNormal": numbers(nn.init.kaiming_normal_(torch.empty(2, 2, 2, 2), mode="fan_out", nonlinearity="relu")),
    }


def losses():
    targets = torch.tensor([1, 4, 0])
    soft = wave([3, 5], 2).softmax(-1)

    def loss(run):
        logits = wave([3, 5], 0.5).mul(3).requires_grad_()
        value = run(logits)
        value.backward()
        return {"value": value.item(), "grad": numbers(logits.grad)}

    def kl(reduction):
        teacher = wave([3, 5], 1.5).mul(3)
        size = {"batchmean": 3, "batchclassmean": 15, "sum": 1}[reduction]
        return loss(lambda s: F.kl_div(F.log_softmax(s / 2, -1), F.log_softmax(teacher / 2, -1), reduction="sum", log_target=True) * 4 / size)

    def smoothed(logits):
        logp = F.log_softmax(logits, -1)
        return (0.9 * -logp.gather(-1, targets[:, None]).squeeze(1) + 0.1 * -logp.mean(-1)).mean()

    return {
        "hard": loss(lambda s: F.cross_entropy(s, targets)),
        "smoothed": loss(smoothed),
        "soft": loss(lambda s: (-soft * F.log_softmax(s, -1)).sum(-1).mean()),
        "batchmean": kl("batchmean"),
        "batchclassmean": kl("batchclassmean"),
        "sum": kl("sum"),
        "mse": loss(lambda s: F.mse_loss(s, soft)),
    }


def gram():
    tokens = wave([2, 3, 4], 0.5)
    tokens[0, 1] = 0
    tokens.requires_grad_()
    units = F.normalize(tokens, dim=-1)
    maps = units @ units.transpose(1, 2)
    (maps * wave(maps.shape, 1)).sum().backward()
    return {"maps": numbers(maps), "grad": numbers(tokens.grad)}


golden = {"layers": layers(), "initialisers": initialisers(), "losses": losses(), "gram": gram()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
