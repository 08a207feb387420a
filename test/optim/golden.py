"""Writes golden.json beside this file: PyTorch's values for test/optim. Command: python3 test/optim/golden.py; npx biome format --write test/optim  (made with torch 1.13.1)"""

import json
import math
import pathlib

import torch

RATES = [1e-2, 5e-3, 2e-2, 1e-2, 3e-3]


def wave(shape, phase):
    """The filler of test/support/wave.ts."""
    count = math.prod(shape)
    return torch.tensor([math.sin(phase + 0.9 * i) for i in range(count)], dtype=torch.float64).float().reshape(shape)


def numbers(t):
    return t.detach().double().flatten().tolist()


def trained(make):
    """Five steps of a matrix (decayed) and a bias (not); the matrix has no gradient in the third."""
    weight, bias = (torch.nn.Parameter(wave(shape, phase)) for phase, shape in enumerate([[2, 3], [4]]))
    optimizer = make([{"params": [weight]}, {"params": [bias], "weight_decay": 0}])
    for step, lr in enumerate(RATES):
        for group in optimizer.param_groups:
            group["lr"] = lr
        weight.grad = None if step == 2 else wave([2, 3], 10 + step)
        bias.grad = wave([4], 20 + step)
        optimizer.step()
    return {"weight": numbers(weight), "bias": numbers(bias)}


def clipped(max_norm):
    parameters = [torch.nn.Parameter(wave(shape, 0)) for shape in ([2, 3], [4])]
    for phase, parameter in enumerate(parameters):
        parameter.grad = wave(parameter.shape, phase)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return {"norm": norm.item(), "grads": [numbers(p.grad) for p in parameters]}


golden = {
    "adamW": trained(lambda groups: torch.optim.AdamW(groups, lr=1, weight_decay=0.05, betas=(0.8, 0.95), eps=1e-6)),
    "sgd": trained(lambda groups: torch.optim.SGD(groups, lr=1)),
    "momentum": trained(lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9, weight_decay=0.1)),
    "nesterov": trained(lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9, weight_decay=0.1, nesterov=True)),
    "clip": clipped(0.5),
    "clipNothing": clipped(100),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
