"""Trains soft prompts on given responses with PEFT's prompt tuning in PyTorch, float64, on small models of ../families.

    pip install -r requirements.txt
    python3 make_supervised.py            # all; or the names of folders; two runs write the same bytes

Per model one file NAME.safetensors: `start` [k, E]; `gradient` of the cross-entropy at the start, the mean over all
response tokens of both examples as transformers computes it from `labels`; `losses` [41] before each of 40 AdamW steps
and after them; `prompt_40`. `mixed_gradient`, `mixed_losses` and `mixed_prompt_40` are the same of 0.75 times the forward
KL from the model that reads the context plus 0.25 times that cross-entropy.
"""

import sys
from pathlib import Path

import torch
from peft import PromptTuningConfig, TaskType, get_peft_model
from safetensors.torch import save_file

HERE = Path(__file__).parent
FAMILIES = HERE.parent / "families"
sys.path.insert(0, str(FAMILIES))
from make_families import DoubleArithmetic, load  # noqa: E402

# The tests' context, closing and examples: prompt and response.
CLOSING = [9, 11]
CONTEXT = [(i * 37 + 5) % 101 for i in range(44)]
EXAMPLES = [
    ([3, 80, 41, 6, 22], [17, 2, 64, 33]),
    ([(i * 29 + 11) % 101 for i in range(36)], [8, 70, 12, 55, 31]),
]
ROWS, STEPS, RATE, SHARE = 5, 40, 0.05, 0.25
MODELS = ["llama", "gemma2"]


def batch():
    """Both examples as PEFT's users pad them: token ids, mask, and labels of the responses alone."""
    texts = [CLOSING + prompt + response for prompt, response in EXAMPLES]
    length = max(map(len, texts))
    ids = torch.tensor([text + [0] * (length - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (length - len(text)) for text in texts])
    labels = torch.full_like(ids, -100)
    for row, (text, (_, response)) in enumerate(zip(texts, EXAMPLES)):
        labels[row, len(text) - len(response):len(text)] = torch.tensor(response)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def teacher(model):
    """log p of each response token of each example, by the model that reads the context before the closing."""
    found = []
    for prompt, response in EXAMPLES:
        logits = model(input_ids=torch.tensor([CONTEXT + CLOSING + prompt + response[:-1]])).logits[0]
        found.append(torch.log_softmax(logits[-len(response):], -1))
    return found


def divergence(logits, labels, targets):
    """The mean forward KL over the response tokens of both examples; logits have the virtual tokens' rows too."""
    total = 0
    for row, target in enumerate(targets):
        last = int((labels[row] != -100).nonzero()[-1]) + ROWS
        student = torch.log_softmax(logits[row, last - len(target):last], -1)
        total = total + (target.exp() * (target - student)).sum()
    return total / sum(map(len, targets))


def train(name, share):
    """Tensors of a training whose loss has this share of cross-entropy."""
    model = load(FAMILIES / name / "config.json", FAMILIES / name).double()
    with torch.no_grad():
        targets = teacher(model)
    tuned = get_peft_model(
        model, PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=ROWS)).double().eval()
    weight = tuned.prompt_encoder["default"].embedding.weight
    with torch.no_grad():
        # Rows like those that the model reads, so that both kinds of a family's scale are seen.
        weight.copy_(tuned.word_embeddings(torch.tensor(CONTEXT[:ROWS])))
    start = weight.detach().clone()
    inputs = batch()

    def loss():
        found = tuned(**inputs)
        if share == 1:
            return found.loss
        return (1 - share) * divergence(found.logits, inputs["labels"], targets) + share * found.loss

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
    return {
        "start": start, "gradient": gradient, "prompt_40": weight.detach().clone(),
        "losses": torch.tensor(losses, dtype=torch.float64),
    }


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        with DoubleArithmetic():
            tensors = train(name, 1)
            mixed = train(name, SHARE)
        del mixed["start"]
        tensors |= {f"mixed_{key}": value for key, value in mixed.items()}
        save_file(
            {key: value if key.endswith("losses") else value.to(torch.float32) for key, value in tensors.items()},
            HERE / f"{name}.safetensors")
        print(f"{name}: loss {tensors['losses'][0]:.4f} to {tensors['losses'][-1]:.4f}, "
              f"mixed {tensors['mixed_losses'][0]:.4f} to {tensors['mixed_losses'][-1]:.4f}")
