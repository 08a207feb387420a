"""The PyTorch side of `npm run bench -- manifold-step`: DeiT-Tiny under a CaiT with the released losses.
https://arxiv.org/abs/2107.01378

B images, N patches, D channels.
"""

import time

import torch
from torch.nn import functional as F

from cait import CaiT
from deit import DeiTTiny
from filler import fill, images
from serve import describe, serve

SAMPLES = 192
UNDECAYED = {"pos_embed", "cls_token"}


def gap(student, teacher):
    """Mean squared difference of the Gram matrices, [..., n, D]."""
    maps = [x @ x.transpose(-2, -1) for x in (student, teacher)]
    return (maps[1] - maps[0]).square().mean()


def manifold_terms(pairs, generator):
    terms = {"intra": [], "inter": [], "random": []}
    for student, teacher in pairs:
        student, teacher = (F.normalize(x, dim=-1) for x in (student, teacher))
        rows = torch.randperm(student.shape[0] * student.shape[1], generator=generator)[:SAMPLES]
        terms["intra"].append(gap(student, teacher))
        terms["inter"].append(gap(student.transpose(0, 1), teacher.transpose(0, 1)))
        terms["random"].append(gap(student.flatten(0, 1)[rows], teacher.flatten(0, 1)[rows]))
    return {name: torch.stack(values).mean() for name, values in terms.items()}


def soft(student, teacher):
    student, teacher = (x.float().log_softmax(dim=-1) for x in (student, teacher))
    return F.kl_div(student, teacher, reduction="batchmean", log_target=True)


class Student(DeiTTiny):
    def forward(self, images):
        layers = self.layers(images)
        return self.classify(layers[-1]), layers


class Training:
    def __init__(self, precision, batch, size, teacher, compiled, filled):
        self.bf16 = precision == "bf16"
        dim, depth, heads = teacher["embedDim"], teacher["depth"], teacher["heads"]
        self.student = Student(size).train()
        self.teacher = CaiT(size, dim=dim, depth=depth, heads=heads).eval().requires_grad_(False)
        self.pairs = [(i, i) for i in range(4)] + [(8 + i, depth - 4 + i) for i in range(4)]
        if filled:
            fill(self.student), fill(self.teacher)
        self.images = images("manifold-step", [batch, 3, size, size])
        self.generator = torch.Generator().manual_seed(1)
        named = list(self.student.named_parameters())
        kernels = [p for name, p in named if p.dim() > 1 and name not in UNDECAYED]
        vectors = [p for name, p in named if p.dim() <= 1 or name in UNDECAYED]
        groups = [{"params": kernels, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=5e-4, foreach=True)
        self.study, self.teach = self.student, self.teacher
        if compiled:
            self.study, self.teach = torch.compile(self.student), torch.compile(self.teacher)

    def step(self):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            with torch.no_grad():
                advice, taught = self.teach(self.images)
            logits, layers = self.study(self.images)
            pairs = [(layers[s][:, 1:], taught[t]) for s, t in self.pairs]
            terms = manifold_terms(pairs, self.generator)
            loss = soft(logits, advice) + 4 * terms["intra"] + 0.1 * terms["inter"] + 0.2 * terms["random"]
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()


training = None


def prepare(precision, batch, size, teacher, compiled=False, filled=True):
    global training
    training = Training(precision, batch, size, teacher, compiled, filled)
    return sum(p.numel() for p in training.student.parameters())


def steps(count):
    """Milliseconds and loss of each of `count` steps."""
    times, losses = [], []
    for _ in range(count):
        begin = time.perf_counter()
        losses.append(training.step())
        times.append((time.perf_counter() - begin) * 1e3)
    return {"times": times, "losses": losses}


serve({"describe": describe, "prepare": prepare, "steps": steps})
