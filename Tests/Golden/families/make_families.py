"""Makes the small checkpoints of this folder and the float64 numbers that transformers gives for them.

    pip install -r requirements.txt
    python3 make_families.py [NAME ...]

See README.md for what each file holds. Weights and inputs come from fixed seeds: two runs write the same bytes.
"""

import argparse
import copy
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import log_softmax
from torch.overrides import TorchFunctionMode
from transformers import AutoConfig, AutoModelForCausalLM, Gemma3ForConditionalGeneration, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from family_configs import FAMILIES, Family

HERE = Path(__file__).parent
BATCH, POSITIONS, PROMPT, GREEDY, LAST = 2, 24, 8, 16, 8


class DoubleArithmetic(TorchFunctionMode):
    """Turns every cast to float32 inside the modelling code (norms, rotary, softmax) into one to float64."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.Tensor.float:
            return args[0].double()

        def lift(value):
            return torch.float64 if value is torch.float32 else value

        return func(*map(lift, args), **{key: lift(value) for key, value in (kwargs or {}).items()})


def load(config_file: Path, weights: Path | None = None) -> PreTrainedModel:
    """A float32 model with eager attention (the other implementations ignore soft caps)."""
    config = AutoConfig.from_pretrained(config_file)
    kind = Gemma3ForConditionalGeneration if config.model_type == "gemma3" else AutoModelForCausalLM
    options = {"dtype": torch.float32, "attn_implementation": "eager"}
    if weights is not None:
        return kind.from_pretrained(weights, config=config, **options).eval()
    make = kind._from_config if kind is Gemma3ForConditionalGeneration else kind.from_config
    return make(config, **options).eval()


def randomise(model: PreTrainedModel, family: Family, generator: torch.Generator) -> None:
    """Fills the parameters so that norms, biases and soft caps matter and logits spread over several nats."""
    head = model.get_output_embeddings().weight
    embedding = model.get_input_embeddings().weight
    centre = 0.0 if model.config.model_type.startswith("gemma") else 1.0  # Gemma's norms multiply by 1 + weight.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter is head or parameter is embedding:
                noise *= family.spread / parameter.shape[-1] ** 0.5
            elif parameter.dim() > 1:
                noise *= family.gain / parameter.shape[-1] ** 0.5
            elif name.endswith("bias"):
                noise *= 0.3
            else:
                is_final = not any(letter.isdigit() for letter in name)
                noise = centre + 0.3 * noise + (family.final_norm - 1 if is_final else 0)
            parameter.copy_(noise.bfloat16())


def divergence(teacher: Tensor, logits: Tensor) -> Tensor:
    """Mean over positions of KL(softmax(teacher) || softmax(logits)), in nats."""
    target, student = log_softmax(teacher, -1), log_softmax(logits, -1)
    return (target.exp() * (target - student)).sum(-1).mean()


def gradient(loss: Callable[[Tensor], Tensor], at: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The loss and its gradient, checked by a central difference along a random direction."""
    point = at.clone().requires_grad_()
    value = loss(point)
    (slope,) = torch.autograd.grad(value, point)
    size = at.square().mean().sqrt()
    direction = torch.randn(at.shape, generator=generator, dtype=at.dtype) * size
    step = 1e-5
    with torch.no_grad():
        difference = (loss(at + step * direction) - loss(at - step * direction)) / (2 * step)
    error = abs(difference - (slope * direction).sum())
    assert error <= 1e-6 * slope.norm() * size, error
    return value.detach(), slope


def greedy(forward: Callable[[Tensor], Tensor], ids: Tensor) -> tuple[Tensor, float]:
    """The next GREEDY tokens without a cache, and the smallest distance between the two largest logits."""
    margin = float("inf")
    for _ in range(GREEDY):
        best = forward(ids)[0, -1].topk(2)
        margin = min(margin, float(best.values[0] - best.values[1]))
        ids = torch.cat([ids, best.indices[:1][None]], 1)
    return ids[0, -GREEDY:], margin


def reference(model: PreTrainedModel, family: Family, generator: torch.Generator) -> dict[str, Tensor]:
    """All numbers of reference.safetensors. The model is turned to float64 after its float32 forward."""
    vocabulary = model.get_output_embeddings().weight.shape[0]
    ids = torch.randint(3, vocabulary, (BATCH, POSITIONS), generator=generator)
    long_ids = torch.randint(3, vocabulary, (1, family.long), generator=generator) if family.long else None
    teacher = 2 * torch.randn(BATCH, POSITIONS, vocabulary, generator=generator)
    with torch.no_grad():
        single = model(input_ids=ids, use_cache=False).logits
        if long_ids is not None:  # Also computes longrope's second set of frequencies in float32, once for all.
            single_long = model(input_ids=long_ids, use_cache=False).logits[:, -LAST:]

    model = model.double().requires_grad_(False)
    teacher = teacher.double()
    with DoubleArithmetic():
        embeddings = model.get_input_embeddings()(ids)
        prompt = torch.randn(PROMPT, embeddings.shape[-1], generator=generator).double()
        prompt *= embeddings.square().mean().sqrt()
        prompt = prompt.float().double()

        def logits(inputs: Tensor) -> Tensor:
            return model(inputs_embeds=inputs, use_cache=False).logits

        def prompted(prompt: Tensor) -> Tensor:
            return logits(torch.cat([prompt, embeddings[0]])[None])[:, PROMPT:]

        plain, steered = logits(embeddings), prompted(prompt)
        loss, slope = gradient(lambda at: divergence(teacher, logits(at)), embeddings, generator)
        sp_loss, sp_slope = gradient(lambda at: divergence(teacher[:1], prompted(at)), prompt, generator)
        following, margin = greedy(lambda ids: model(input_ids=ids, use_cache=False).logits, ids[:1])
        assert torch.equal(plain, model(input_ids=ids, use_cache=False).logits)
        echoes = float((plain.argmax(-1) == ids).double().mean())
        long = None if long_ids is None else model(input_ids=long_ids, use_cache=False).logits[:, -LAST:]

    assert plain.dtype == slope.dtype == sp_slope.dtype == torch.float64
    error = float((plain - single).abs().max())
    if long is not None:
        error = max(error, float((long - single_long).abs().max()))
    spread = float(plain.std(-1).mean())
    print(
        f"{family.name:18} largest logit {float(plain.abs().max()):6.2f}  spread {spread:5.2f}  loss {float(loss):.4f}"
        f"  sp_loss {float(sp_loss):.4f}  float32 differs by {error:.1e}  greedy margin {margin:.3f}"
    )
    assert error < 1e-4 and margin > 5e-3 and spread > 1.5 and echoes < 0.5
    tensors = {
        "input_ids": ids,
        "inputs_embeds": embeddings.float(),
        "logits": plain.float(),
        "teacher_logits": teacher.float(),
        "loss": loss,
        "grad_inputs_embeds": slope.float(),
        "prompt_embeds": prompt.float(),
        "sp_logits": steered.float(),
        "sp_loss": sp_loss,
        "sp_grad_prompt": sp_slope.float(),
        "greedy_ids": following,
    }
    if long is not None:
        tensors |= {"long_input_ids": long_ids, "long_last_logits": long.float()}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def make(family: Family) -> None:
    """Writes one folder, once everything in it has been checked."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, family.name)
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(family.config, indent=2) + "\n")
        generator = torch.Generator().manual_seed(family.seed)
        model = load(folder / "config.json")
        randomise(model, family, generator)
        saved = Path(temporary, "saved")
        copy.deepcopy(model).bfloat16().save_pretrained(saved)
        shutil.move(saved / "model.safetensors", folder)
        shutil.move(saved / "config.json", folder / "config.current.json")
        tensors = reference(model, family, generator)
        save_file(tensors, folder / "reference.safetensors")

        for style in ["config.json", "config.current.json"]:
            with torch.no_grad():
                logits = load(folder / style, folder)(input_ids=tensors["input_ids"], use_cache=False).logits
            assert (logits - tensors["logits"]).abs().max() < 1e-4, f"{family.name}: {style}"
        shutil.rmtree(HERE / family.name, ignore_errors=True)
        shutil.move(folder, HERE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="families to make (all of them by default)")
    names = parser.parse_args().names or list(FAMILIES)
    torch.set_num_threads(1)
    disable_progress_bar()
    for name in names:
        make(FAMILIES[name])


if __name__ == "__main__":
    main()
