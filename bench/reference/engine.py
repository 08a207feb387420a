"""The PyTorch side of `npm run bench -- engine`: single operators on tiny tensors, and a DeiT-Tiny training step."""

import timeit

import torch
from torch.nn import functional as F

from deit import DeiTTiny
from serve import describe, serve, times

OPERATORS = {
    "add": "a.add(b)",
    "add_": "a.add_(b)",
    "mul by a number": "a.mul(0.5)",
    "matmul": "a.matmul(b)",
    "linear": "F.linear(a, weight, bias)",
    "layer_norm": "F.layer_norm(a, (4,), gain, bias)",
    "softmax": "a.softmax(-1)",
    "gelu": "F.gelu(a)",
    "transpose": "a.transpose(0, 1)",
    "reshape": "a.reshape(2, 8)",
    "select": "a.select(0, 1)",
    "sum": "a.sum([1], keepdim=True)",
    "cat": "torch.cat([a, b], dim=1)",
    "backward of a chain": "F.gelu(F.linear(a, trained, bias)).mul(b).sum().backward()",
}

operands = {
    "torch": torch,
    "F": F,
    "a": torch.ones(4, 4),
    "b": torch.full((4, 4), 1e-3),
    "weight": torch.ones(4, 4),
    "gain": torch.ones(4),
    "bias": torch.zeros(4),
    "trained": torch.ones(4, 4, requires_grad=True),
}


def operator(name, calls):
    """Microseconds for one call, its result freed before the next."""
    return timeit.timeit(OPERATORS[name], globals=operands, number=calls) / calls * 1e6


class Training:
    def __init__(self, precision, batch):
        torch.manual_seed(0)
        self.bf16 = precision == "bf16"
        self.model = DeiTTiny().train()
        kernels = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() <= 1]
        groups = [{"params": kernels, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=5e-4, foreach=True)
        self.images = torch.randn(batch, 3, 224, 224)
        self.labels = torch.randint(1000, (batch,))

    def step(self):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            loss = F.cross_entropy(self.model(self.images), self.labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()


training = None


def prepare(precision, batch):
    global training
    training = Training(precision, batch)
    return sum(p.numel() for p in training.model.parameters())


def steps(count):
    return times(count, training.step)


serve({"describe": describe, "operator": operator, "prepare": prepare, "steps": steps})
