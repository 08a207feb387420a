"""The PyTorch side of `npm run bench -- manifold-terms`: the released three terms, and the literal map of all pairs.

B images, N patches, D width. https://arxiv.org/abs/2107.01378
"""

import torch
from torch.nn import functional as F

from serve import describe, serve, times

SAMPLES = 192


def tokens(batch, patches, width, phase):
    count = torch.arange(batch * patches * width, dtype=torch.float64)
    return (count * (0.7 + phase * 1e-3) + phase).sin().float().reshape(batch, patches, width)


def difference(student, teacher):
    """Mean squared difference of the maps of rows [M, n, D]."""
    return ((teacher @ teacher.transpose(-1, -2) - student @ student.transpose(-1, -2)) ** 2).mean()


def intra(student, teacher):
    return difference(student, teacher)


def inter(student, teacher):
    return difference(student.permute(1, 0, 2), teacher.permute(1, 0, 2))


def sampled(student, teacher):
    rows = torch.arange(SAMPLES) * (student.shape[0] * student.shape[1] // SAMPLES)
    return difference(student.flatten(0, 1)[rows], teacher.flatten(0, 1)[rows])


def all_pairs(student, teacher):
    return difference(student.flatten(0, 1), teacher.flatten(0, 1))


TERMS = {"literal": [(1, all_pairs)], "three": [(4, intra), (0.1, inter), (0.2, sampled)]}
run = None


def prepare(batch, layers, patches, student, teacher, form):
    global run
    students = [tokens(batch, patches, student, i).requires_grad_() for i in range(layers)]
    teachers = [tokens(batch, patches, teacher, i + 0.5) for i in range(layers)]

    def once():
        pairs = [(F.normalize(s, dim=-1), F.normalize(t, dim=-1)) for s, t in zip(students, teachers)]
        means = [(weight, torch.stack([term(s, t) for s, t in pairs]).mean()) for weight, term in TERMS[form]]
        loss = sum(weight * mean for weight, mean in means)
        torch.autograd.grad(loss, students)
        return loss.item()

    run = once


def value():
    return run()


def a_pass():
    run()


def passes(count):
    return times(count, run)


serve({"describe": describe, "prepare": prepare, "value": value, "pass": a_pass, "passes": passes})
