"""TensorBoard's own files and its own reading of ours. Needs `pip install tensorboard`.

events.py write    prints, as base64, the bytes that TensorBoard's own writer makes of the events of tensorboard.test.ts
events.py read DIR prints, as JSON, what TensorBoard shows of a run folder: {tag: [[step, value], …]}
"""
import base64
import io
import json
import sys


def write():
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    values = [Summary.Value(tag="train/loss", simple_value=1.5), Summary.Value(tag="train/terms/été", simple_value=-1e-5)]
    events = [
        Event(wall_time=1700000000.25, file_version="brain.Event:2"),
        Event(wall_time=1700000000.25, step=7, session_log=SessionLog(status=SessionLog.START)),
        Event(wall_time=1700000001.5, step=300, summary=Summary(value=values)),
        Event(wall_time=1700000002.0, step=2**40, summary=Summary(value=[Summary.Value(tag="val/top1", simple_value=float("nan"))])),
    ]
    out = io.BytesIO()
    writer = RecordWriter(out)
    for event in events:
        writer.write(event.SerializeToString())
    print(base64.b64encode(out.getvalue()).decode())


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as Shown

    old = EventAccumulator(folder, size_guidance={"scalars": 0})
    old.Reload()
    scalars = {tag: [[e.step, e.value] for e in old.Scalars(tag)] for tag in old.Tags()["scalars"]}
    shown = Shown(folder)  # what the web page asks
    shown.Reload()
    for tag, rows in scalars.items():
        assert [e.step for e in shown.Tensors(tag)] == [step for step, _ in rows], tag
    print(json.dumps(scalars))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
