"""Trains the example model to answer questions from a handbook, and writes the example.

    pip install -r requirements.txt
    python train_model.py

Everything is drawn from one seed. The handbook in context.txt is the first one drawn from a stream
of its own after training, so the model has never seen its facts together.
"""

import argparse
import json
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from batches import Batch, train_tokenizer
from handbooks import BOS, EOS, TOPICS, without_text, write_handbook
from llama import CONFIG, Llama

HERE = Path(__file__).parent
STAGES = [1, 3, 8, 24]  # facts in a handbook; the next stage begins when 80 % are answered
TOKENS_A_STEP = 3000
TRAINING_WORDINGS, TRAINING_OPENINGS = range(0, 4), range(0, 4)  # of the questions in train.jsonl
HELD_OUT_WORDINGS, HELD_OUT_OPENINGS = range(4, 6), range(4, 6)  # and of those in heldout.jsonl


def draw(rng, fact_count, count):
    """Fresh handbooks, each with one question about every fact."""
    handbooks = [write_handbook(rng, fact_count) for _ in range(count)]
    return [(handbook, handbook.ask_all(rng)) for handbook in handbooks]


def train(model, tokenizer, rng, rate, last_steps, most_steps=4000):
    """AdamW on the answers' cross entropy plus a tenth of that of the other tokens.

    With many facts from the start, finding the right one takes an order of magnitude longer to
    form, so the handbooks grow by stages. The last stage takes `last_steps`, during which the rate
    falls to nothing.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    started, stage, remaining = time.time(), 0, last_steps
    for step in range(1, most_steps + 1):
        facts = STAGES[stage]
        handbooks = TOKENS_A_STEP // (40 * facts)
        items = draw(rng, facts, handbooks)
        if rng.random() < 0.2:
            # A reader without the handbook should give each value of the topic an equal chance.
            items[0] = (without_text(items[0][0]), items[0][1])
        batch = Batch(tokenizer, items)
        hidden = batch.hidden(model)
        others = batch.other_rows & (torch.rand(batch.ids.shape) < 0.25)  # a quarter is enough
        answer_loss, other_loss = (
            F.cross_entropy(model.lm_head(hidden[rows]), batch.targets[rows])
            for rows in (batch.answer_rows, others))
        optimizer.param_groups[0]["lr"] = rate * min(step / 50, 1) * remaining / last_steps
        optimizer.zero_grad()
        (answer_loss + 0.1 * other_loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

        if step % 20 == 0:
            score = share_answered(model, tokenizer, draw(rng, facts, max(4, handbooks)))
            print(f"step {step:4}  facts {facts:2}  answers {answer_loss.item():.3f}  others "
                  f"{other_loss.item():.3f}  exact {score:.3f}  {time.time() - started:.0f} s",
                  flush=True)
            if stage + 1 < len(STAGES) and score >= 0.8:
                stage += 1
        if stage + 1 == len(STAGES):
            remaining -= 1
            if remaining == 0:
                return
    raise SystemExit(f"the last stage was not finished in {most_steps} steps")


@torch.no_grad()
def share_answered(model, tokenizer, items, rows=8):
    """Share of the questions whose greedy answer is exact."""
    answered = []
    for start in range(0, len(items), rows):
        answered += Batch(tokenizer, items[start:start + rows]).answered(model)
    return sum(answered) / len(answered)


def write_model(folder, model, tokenizer, config):
    folder.mkdir(exist_ok=True)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, content in {
        "config.json": config,
        "generation_config.json": {
            "bos_token_id": config["bos_token_id"], "eos_token_id": config["eos_token_id"],
            "do_sample": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BOS, "eos_token": EOS,
            "model_max_length": config["max_position_embeddings"],
            "clean_up_tokenization_spaces": False},
    }.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")


def every_question(handbook, wordings, openings):
    return [handbook.ask(topic, wording, opening) for topic in sorted(handbook.facts)
            for wording in wordings for opening in openings]


def write_lines(path, objects):
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--last-steps", type=int, default=800, help="steps of the last stage")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=HERE)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)

    tokenizer = train_tokenizer(rng)
    config = CONFIG | {"vocab_size": tokenizer.get_vocab_size()}
    model = Llama(config)
    train(model, tokenizer, rng, options.rate, options.last_steps)
    write_model(options.output / "model", model, tokenizer, config)

    fresh = draw(random.Random(f"fresh {options.seed}"), len(TOPICS), 200)
    blind = [(without_text(handbook), questions) for handbook, questions in fresh]
    print(f"seed {options.seed}, 200 fresh handbooks, {len(TOPICS)} questions each: exact "
          f"{share_answered(model, tokenizer, fresh):.4f}, without the handbook "
          f"{share_answered(model, tokenizer, blind):.4f}")

    example = write_handbook(random.Random(f"example {options.seed}"), len(TOPICS), by_section=True)
    training = every_question(example, TRAINING_WORDINGS, TRAINING_OPENINGS)
    held_out = every_question(example, HELD_OUT_WORDINGS, HELD_OUT_OPENINGS)
    (options.output / "context.txt").write_text(example.text)
    # A user has prompts only: the teacher, who reads the handbook, is asked for the answers.
    write_lines(options.output / "train.jsonl", [{"prompt": q.prompt} for q in training])
    write_lines(options.output / "heldout.jsonl",
                [{"prompt": q.prompt, "completion": q.completion} for q in held_out])
    for name, questions in {"train": training, "heldout": held_out}.items():
        # Few questions a row, because the mask of a row is quadratic in its length.
        few = [questions[start:start + 24] for start in range(0, len(questions), 24)]
        print(f"{name}.jsonl: {len(questions)} questions, exact with the handbook "
              f"{share_answered(model, tokenizer, [(example, part) for part in few]):.4f}, without "
              f"{share_answered(model, tokenizer, [(without_text(example), p) for p in few]):.4f}")
    print(f"context.txt: {len(tokenizer.encode(example.text).ids)} tokens")


if __name__ == "__main__":
    main()
