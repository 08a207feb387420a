"""Answer one JSON line with one JSON line, until the input ends."""

import json
import sys


def serve(answers):
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)
