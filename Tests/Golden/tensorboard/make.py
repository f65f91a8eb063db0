"""Writes events.tfevents with TensorBoard's own code: pip install tensorboard (2.21.0 made the committed file)."""

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

STEPS = [
    (1, {"train/loss": 2.5, "train/learning_rate": 0.05, "train/grad_norm": 300.0}),
    (300, {"eval/kl": 0.0078125, "eval/top1_agreement": 0.9375}),
]


def main() -> None:
    path = Path(__file__).with_name("events.tfevents")
    with path.open("wb") as file:
        writer = RecordWriter(file)
        events = [
            Event(wall_time=1700000000.25, file_version="brain.Event:2"),
            Event(wall_time=1700000001.5, step=1, session_log=SessionLog(status=SessionLog.START)),
        ]
        for step, scalars in STEPS:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            events.append(Event(wall_time=1700000002.0 + step, step=step, summary=Summary(value=values)))
        for event in events:
            writer.write(event.SerializeToString())


if __name__ == "__main__":
    main()
