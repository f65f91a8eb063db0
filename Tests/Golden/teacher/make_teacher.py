"""Trains soft prompts of one model from another one that reads the context, in PyTorch, float64, on small models of
../families.

    pip install -r requirements.txt
    python3 make_teacher.py               # all; or the names of students; two runs write the same bytes

The logits of the ids from SHARED on are minus infinity in both models, as where one of them has no such ids. Per student one
file NAME.safetensors: `start` [k, E]; per divergence `gradient` at the start, `losses` [41] before each of 40 AdamW steps
and after them, and `prompt_40`, with the prefix `reverse_` or `js_` of the divergences other than forward KL. With another
prefix `half_` they are those of a teacher whose logits are rounded to binary16, each row shifted by its maximum: what a cache
of 16 bits holds, so that its rounding can be told from other errors.
"""

import sys
from pathlib import Path

import torch
from peft import PromptTuningConfig, TaskType, get_peft_model
from safetensors.torch import save_file

HERE = Path(__file__).parent
FAMILIES = HERE.parent / "families"
sys.path += [str(FAMILIES), str(HERE.parent / "supervised")]
from make_families import DoubleArithmetic, load  # noqa: E402
from make_supervised import CONTEXT, EXAMPLES, RATE, ROWS, STEPS, batch, teacher  # noqa: E402

SHARED = 101
# The student, and its teacher.
PAIRS = {"llama": "stablelm-parallel", "gemma2": "llama"}
FORMS = ["", "reverse_", "js_"]


def shared(logits):
    """Log-probabilities over the shared ids; the others have none."""
    mask = torch.zeros(logits.shape[-1], dtype=logits.dtype)
    mask[SHARED:] = float("-inf")
    return torch.log_softmax(logits + mask, -1)[..., :SHARED]


def rounded(rows, config):
    """The same of logits that are rounded as the head of the student gives them, before its scale."""
    scale = getattr(config, "logit_scale", None) or 1 / getattr(config, "logits_scaling", 1)
    shifted = (rows - rows.max(-1, keepdim=True).values) / scale
    return torch.log_softmax(shifted.half().double() * scale, -1)


def kl(p, q):
    """KL(p || q) of rows of log-probabilities."""
    return (p.exp() * (p - q)).sum(-1)


def divergence(form, p, q):
    """Of rows of log-probabilities of the teacher and the student."""
    if form == "":
        return kl(p, q)
    if form == "reverse_":
        return kl(q, p)
    mixture = torch.logaddexp(p, q) - torch.log(torch.tensor(2.0, dtype=p.dtype))
    return (kl(p, mixture) + kl(q, mixture)) / 2


def train(student, form, targets):
    """Gradient, losses and the last prompt, with the start."""
    model = load(FAMILIES / student / "config.json", FAMILIES / student).double()
    tuned = get_peft_model(
        model, PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=ROWS)).double().eval()
    weight = tuned.prompt_encoder["default"].embedding.weight
    with torch.no_grad():
        weight.copy_(tuned.word_embeddings(torch.tensor(CONTEXT[:ROWS])))
    start = weight.detach().clone()
    inputs = batch()
    labels = inputs.pop("labels")

    def loss():
        logits, total = tuned(**inputs).logits, 0
        for row, target in enumerate(targets):
            last = int((labels[row] != -100).nonzero()[-1]) + ROWS
            total = total + divergence(form, target, shared(logits[row, last - len(target):last])).sum()
        return total / sum(map(len, targets))

    optimizer = torch.optim.AdamW([weight], lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    losses, gradient = [], None
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        losses.append(value.item())
        if gradient is None:
            gradient = weight.grad.clone()
        optimizer.step()
    with torch.no_grad():
        losses.append(loss().item())
    return start, {
        "gradient": gradient, "prompt_40": weight.detach().clone(),
        "losses": torch.tensor(losses, dtype=torch.float64),
    }


def largest(values):
    return float(values.abs().max())


def make(student):
    """Writes the file of one student, and prints what the rounding changes."""
    with DoubleArithmetic():
        folder = FAMILIES / PAIRS[student]
        other = load(folder / "config.json", folder).double()
        with torch.no_grad():
            # What `teacher` gives is normalised over all ids, which another normalisation does not see.
            targets = [shared(rows) for rows in teacher(other)]
        config = load(FAMILIES / student / "config.json", FAMILIES / student).config
        halves = [rounded(rows, config) for rows in targets]
        tensors = {}
        for form in FORMS:
            start, exact = train(student, form, targets)
            _, half = train(student, form, halves)
            tensors["start"] = start
            tensors |= {f"{form}{key}": value for key, value in exact.items()}
            tensors |= {f"half_{form}{key}": value for key, value in half.items()}
            moved = largest(exact["prompt_40"] - start)
            print(
                f"{student} from {PAIRS[student]} {form}: {exact['losses'][0]:.4f} to {exact['losses'][-1]:.4f}; rounding changes "
                f"losses by {largest(half['losses'] / exact['losses'] - 1):.1e} of them, the gradient by "
                f"{largest(half['gradient'] - exact['gradient']) / largest(exact['gradient']):.1e} of its largest element, the "
                f"prompt by {largest(half['prompt_40'] - exact['prompt_40']) / moved:.1e} of its way")
    change = torch.cat([kl(p, q) for p, q in zip(targets, halves)])
    print(f"{PAIRS[student]}: largest logit below the maximum {largest(torch.cat([row - row.max(-1, keepdim=True).values for row in targets])):.1f}, "
          f"KL to the rounded teacher {float(change.mean()):.1e}, at most {float(change.max()):.1e}")
    save_file(
        {key: value if key.endswith("losses") else value.to(torch.float32) for key, value in tensors.items()},
        HERE / f"{student}.safetensors")


if __name__ == "__main__":
    for name in sys.argv[1:] or PAIRS:
        make(name)
