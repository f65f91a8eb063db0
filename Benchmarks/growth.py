"""Time and memory against context length, pseudo-tokens, batch and vocabulary, one fresh process a point.

    python growth.py --pith .build/release/pith-bench --shape llama-15m

`per unit` is the growth from the point before over the growth of the quantity: constant where the cost is a fixed part and
a part in proportion, growing with the quantity where it is quadratic.
"""

import argparse
import json
import subprocess
import sys

SHAPES = {  # hidden, layers, heads, key/value heads, feed-forward
    "tiny": "192,4,6,2,512",
    "llama-15m": "288,6,6,6,768",
    "smollm2-135m": "576,30,9,3,1536",
    "qwen2.5-0.5b": "896,24,14,2,4864",
}


def sweeps(shape):
    """Title, what is expected, command, option, and the values of each sweep."""
    return [
        ("context, tokens", "time linear, and quadratic where attention weighs more; memory linear",
         "teacher", lambda n: ["--shape", shape, "--context", str(n)],
         [512, 1024, 2048, 4096, 8192, 16384, 32768]),
        ("pseudo-tokens", "linear", "step", lambda n: ["--shape", shape, "--tokens", str(n)],
         [8, 32, 128, 512]),
        ("batch", "linear", "step", lambda n: ["--shape", shape, "--batch", str(n)],
         [1, 2, 4, 8, 16, 32]),
        ("vocabulary", "linear", "step", lambda n: ["--shape", f"{SHAPES[shape]},{n}"],
         [8000, 32000, 128000, 256000]),
    ]


def measure(pith, command, options, shared):
    finished = subprocess.run(
        [pith, command, *options, *shared, "--json"], stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.exit(f"growth.py: {' '.join(finished.args)} ended with {finished.returncode}")
    return json.loads(finished.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--pith", required=True, help="the pith-bench program")
    parser.add_argument("--shape", choices=SHAPES, default="llama-15m")
    options, shared = parser.parse_known_args()
    for title, expected, command, arguments, values in sweeps(options.shape):
        print(f"\n{options.shape}, {command}: {title} (expected: {expected})")
        print(f"| {title} | seconds | microseconds per unit | peak MiB | bytes per unit | share of limit |")
        print("|---|---|---|---|---|---|")
        before = None
        for value in values:
            found = measure(options.pith, command, arguments(value), shared)
            seconds, memory = found["step_seconds_median"], found["peak_host_bytes"]
            slopes = ["", ""]
            if before:
                grown = value - before[0]
                slopes = [f"{(seconds - before[1]) / grown * 1e6:.1f}",
                          f"{(memory - before[2]) / grown:.0f}"]
            print(f"| {value} | {seconds:.4f} | {slopes[0]} | {memory >> 20} | {slopes[1]} "
                  f"| {found['share_of_limit']:.0%} |", flush=True)
            before = (value, seconds, memory)


if __name__ == "__main__":
    main()
