"""Loads an adapter of train-gpu with PEFT and compares its logits with those of `train-gpu logits`.

    pip install -r requirements.txt
    python3 check_adapter.py --train-gpu BINARY --model DIR --adapter DIR (--prompt TEXT | --ids 1,2,3)

The prompt is tokenized with add_special_tokens=False, as the run's README.md says, because the virtual
tokens hold everything that comes before it. Three things are compared:

- the token ids of both tokenizers, which must be equal, where the prompt is a text;
- the logits at every position of the prompt: the largest difference must stay below 1e-4 of the largest
  logit;
- the logits of the model without the adapter, which must differ by more than that: an adapter that changes
  nothing would pass every other check.

The exit code is 1 where one of them fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 1e-4  # of the largest logit: f32 sums in another order


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train-gpu", required=True, metavar="BINARY")
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--adapter", required=True, metavar="DIR")
    prompt = parser.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--prompt", metavar="TEXT")
    prompt.add_argument("--ids", metavar="1,2,3", help="for a model without a tokenizer")
    parser.add_argument("--device", default="cpu", metavar="NAME", help="as train-gpu takes it")
    return parser.parse_args()


def run(command, text=None):
    """What a command prints, or the end of this program with what it says is wrong."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def our_identifiers(options):
    command = [options.train_gpu, "tokenize", "--model", options.model, "--no-special"]
    return json.loads(run(command, json.dumps(options.prompt) + "\n"))


def identifiers_of_prompt(options):
    """The prompt's token ids, on which both tokenizers must agree."""
    if options.ids:
        return [int(identifier) for identifier in options.ids.split(",")]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    identifiers = tokenizer(options.prompt, add_special_tokens=False).input_ids
    if our_identifiers(options) != identifiers:
        sys.exit(f"the tokenizers differ: {our_identifiers(options)} is not {identifiers}")
    return identifiers


def our_logits(options):
    """Of the prompt behind the adapter: [tokens, vocabulary]."""
    text = ["--ids", options.ids] if options.ids else ["--text", options.prompt]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logits.safetensors"
        run([options.train_gpu, "logits", "--model", options.model, "--adapter", options.adapter,
             *text, "--device", options.device, "--output", str(path)])
        return load_file(path)["logits"]


@torch.no_grad()
def their_logits(options, identifiers):
    """Of the same tokens from transformers, without and with the adapter: [tokens, vocabulary] each."""
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    inputs = torch.tensor([identifiers])
    without = model(input_ids=inputs).logits[0]
    adapted = PeftModel.from_pretrained(model, options.adapter).eval()
    # PEFT puts the virtual tokens in front and returns their positions too.
    return without, adapted(input_ids=inputs).logits[0, -len(identifiers):]


def main():
    options = arguments()
    identifiers = identifiers_of_prompt(options)
    ours = our_logits(options)
    without, theirs = their_logits(options, identifiers)
    if ours.shape != theirs.shape:
        sys.exit(f"shapes differ: {tuple(ours.shape)} is not {tuple(theirs.shape)}")
    largest = theirs.abs().max().item()
    error = (ours - theirs).abs().max().item() / largest
    effect = (without - theirs).abs().max().item() / largest
    print(f"{len(identifiers)} tokens, largest logit {largest:.4f}: error {error:.2e} of it, "
          f"effect of the adapter {effect:.2e} of it, tolerance {TOLERANCE:.0e}")
    if not error < TOLERANCE:
        sys.exit("the logits differ")
    if not effect > TOLERANCE:
        sys.exit("the adapter changes nothing")


if __name__ == "__main__":
    main()
