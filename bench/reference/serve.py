"""Answer one JSON line with one JSON line, until the input ends; and what every answerer has to tell."""

import json
import sys
import time

import torch


def serve(answers):
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)


def describe():
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}


def times(count, run):
    """Milliseconds of each of `count` runs."""
    taken = []
    for _ in range(count):
        begin = time.perf_counter()
        run()
        taken.append((time.perf_counter() - begin) * 1e3)
    return taken
