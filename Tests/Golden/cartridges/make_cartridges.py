"""Trains cartridges (keys and values of every layer) in PyTorch, float64, on small models of ../families.

    pip install -r ../families/requirements.txt
    python3 make_cartridges.py            # all; or the names of folders; two runs write the same bytes

Per model one file NAME.safetensors: `start_keys`, `start_values` [L, k, G, D], the first rows of the context's
cache; `gradient_keys`, `gradient_values` of the mean KL over all response tokens of both examples; `losses` [41]
before each of 40 AdamW steps and after them; `keys_40`, `values_40`. Keys are as transformers caches them, after
query/key norm and RoPE.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers.cache_utils import DynamicCache

HERE = Path(__file__).parent
FAMILIES = HERE.parent / "families"
sys.path.insert(0, str(FAMILIES))
from make_families import DoubleArithmetic, load  # noqa: E402

# The tests' header, closing, context and examples: prompt and response.
HEADER, CLOSING = [7], [9, 11]
CONTEXT = [(i * 37 + 5) % 101 for i in range(44)]
EXAMPLES = [
    ([3, 80, 41, 6, 22], [17, 2, 64, 33]),
    ([(i * 29 + 11) % 101 for i in range(36)], [8, 70, 12, 55, 31]),
]
ROWS, STEPS = 5, 40
KEY_RATE, VALUE_RATE = 0.02, 0.05
MODELS = ["llama", "gemma3_text", "qwen3", "cohere"]


def states(model, ids, cache):
    """The logits of ids behind the rows of a cache, which grows."""
    first = cache.get_seq_length()
    positions = torch.arange(first, first + len(ids))[None]
    return model(
        input_ids=torch.tensor([ids]), past_key_values=cache, position_ids=positions, use_cache=True
    ).logits[0]


def cache_of(keys, values):
    """A cache of these rows: [L, rows, G, D] each. All its layers keep all rows; masks apply windows."""
    cache = DynamicCache()
    for layer in range(keys.shape[0]):
        cache.update(
            keys[layer].transpose(0, 1)[None], values[layer].transpose(0, 1)[None], layer)
    return cache


def rows_of(cache):
    keys = torch.stack([layer.keys[0].transpose(0, 1) for layer in cache.layers])
    values = torch.stack([layer.values[0].transpose(0, 1) for layer in cache.layers])
    return keys, values


def responses(logits, response):
    return torch.log_softmax(logits[-len(response):], -1)


def loss(model, header, teacher, keys, values):
    """Mean forward KL over the response tokens of all examples."""
    total, count = 0, 0
    for (prompt, response), target in zip(EXAMPLES, teacher):
        cache = cache_of(
            torch.cat([header[0], keys], 1), torch.cat([header[1], values], 1))
        student = responses(states(model, CLOSING + prompt + response[:-1], cache), response)
        total = total + (target.exp() * (target - student)).sum()
        count += len(response)
    return total / count


def train(name):
    model = load(FAMILIES / name / "config.json", FAMILIES / name).double().requires_grad_(False)
    with torch.no_grad():
        context = DynamicCache()
        states(model, HEADER + CONTEXT, context)
        all_keys, all_values = rows_of(context)
        first = len(HEADER)
        header = (all_keys[:, :first], all_values[:, :first])
        start = [x[:, first:first + ROWS].contiguous() for x in (all_keys, all_values)]
        teacher = [
            responses(
                states(model, CLOSING + prompt + response[:-1], cache_of(all_keys, all_values)),
                response)
            for prompt, response in EXAMPLES
        ]
    keys, values = (torch.nn.Parameter(x.clone()) for x in start)
    optimizer = torch.optim.AdamW(
        [{"params": [keys], "lr": KEY_RATE}, {"params": [values], "lr": VALUE_RATE}],
        betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    losses, gradients = [], None
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(model, header, teacher, keys, values)
        value.backward()
        losses.append(value.item())
        if gradients is None:
            gradients = (keys.grad.clone(), values.grad.clone())
            check(model, header, teacher, start, gradients)
        optimizer.step()
    with torch.no_grad():
        losses.append(loss(model, header, teacher, keys, values).item())
    return {
        "start_keys": start[0], "start_values": start[1], "gradient_keys": gradients[0],
        "gradient_values": gradients[1], "keys_40": keys.detach(), "values_40": values.detach(),
        "losses": torch.tensor(losses, dtype=torch.float64),
    }


def check(model, header, teacher, start, gradients):
    """Gradients against central differences along one direction of each tensor."""
    generator = torch.Generator().manual_seed(1)
    for index in range(2):
        direction = torch.randn(start[index].shape, generator=generator, dtype=torch.float64)
        moved = []
        for sign in (1e-5, -1e-5):
            point = list(start)
            point[index] = point[index] + sign * direction
            with torch.no_grad():
                moved.append(loss(model, header, teacher, *point))
        slope = (moved[0] - moved[1]) / 2e-5
        found = (gradients[index] * direction).sum()
        size = gradients[index].norm() * direction.norm()
        assert abs(slope - found) < 1e-7 * size, (slope, found)


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        with DoubleArithmetic():
            tensors = train(name)
        losses = tensors.pop("losses")
        save_file(
            {key: value.to(torch.float32) for key, value in tensors.items()} | {"losses": losses},
            HERE / f"{name}.safetensors")
        print(f"{name}: loss {losses[0]:.4f} to {losses[-1]:.4f}")
