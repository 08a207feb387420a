"""Writes golden.json beside this file: what torchvision's ResNets give for the filler of test/golden/fixtures/README.md.

Command: python3 test/models/golden.py; npx biome format --write test/models/golden.json  (made with torch 1.13.1, torchvision 0.14.1)
"""

import json
import math
import pathlib

import numpy as np
import torch
import torchvision


def uniform(name, count):
    """mulberry32 seeded with FNV-1a, in [-1, 1)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 % 2**32
    with np.errstate(over="ignore"):
        a = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (a ^ a >> np.uint32(15)) * (a | np.uint32(1))
        t ^= t + (t ^ t >> np.uint32(7)) * (t | np.uint32(61))
        t ^= t >> np.uint32(14)
    return 2 * t.astype(np.float64) / 2**32 - 1


def values(key, shape):
    last = key.split(".")[-1]
    v = uniform(key, math.prod(shape))
    if last == "num_batches_tracked":
        v *= 0
    elif last == "running_var":
        v = 1 + 0.5 * abs(v)
    elif key.endswith("bn3.weight"):
        v = 0.2 * (1 + 0.2 * v)
    elif len(shape) > 1:
        v *= math.sqrt(3 / math.prod(shape[1:]))
    elif last == "weight":
        v = 1 + 0.2 * v
    else:
        v *= 0.2
    return torch.from_numpy(v.reshape(shape))


def row(name, size=64):
    model = getattr(torchvision.models, name)().eval()
    state = model.state_dict()
    model.load_state_dict({key: values(key, tuple(tensor.shape)) for key, tensor in state.items()})
    images = torch.from_numpy(uniform(f"input/{size}", 2 * 3 * size**2) * math.sqrt(3)).float().reshape(2, 3, size, size)
    stages = []
    for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
        stage.register_forward_hook(lambda _, __, y: stages.append([list(y.shape), y.double().abs().mean().item()]))
    with torch.no_grad():
        logits = model(images)
    return {
        "size": size,
        "state": [[key, list(tensor.shape)] for key, tensor in state.items()],
        "parameters": sum(p.numel() for p in model.parameters()),
        "stages": stages,
        "logits": logits[:, :10].double().tolist(),
    }


golden = {name: row(name) for name in ("resnet18", "resnet34", "resnet50")}
(pathlib.Path(__file__).parent / "golden.json").write_text(json.dumps(golden))
