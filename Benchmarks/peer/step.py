"""Times one step of soft-prompt distillation in PyTorch: the peer of `pith-bench step`.

    python step.py --shape qwen2.5-0.5b --threads 2 --json
    python step.py --shape qwen2.5-0.5b --teacher-every-step --context 512 --json

The first form has read the teacher beforehand and keeps, for every response token, what the loss
needs; the head runs on response rows only. The second does what prompt tuning with a teacher does
without a cache: the teacher reads the context in every step and both make logits at every position.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F

from decoder import SHAPES, Decoder, Shape

PRECISIONS = {"f32": torch.float32, "bf16": torch.bfloat16}


class Batch:
    """Random token ids [B, S] and which rows of [sigma; prompt; response] predict the response."""

    def __init__(self, options, shape, device):
        generator = torch.Generator().manual_seed(1)

        def ids(length):
            size = (options.batch, length)
            return torch.randint(shape.vocabulary, size, generator=generator).to(device)

        self.context = ids(options.context)[:1].expand(options.batch, -1)
        self.text = ids(options.prompt + options.response)
        self.response = options.response

    def response_rows(self, hidden):
        """The rows of [B, S, ...] that predict response tokens, [B * response, ...]."""
        return hidden[:, -self.response - 1:-1].flatten(0, 1)


class CachedTeacher:
    """What the teacher says at the response rows, read once: its logits, or their projection.

    Logits are linear in the hidden state h, so with p the teacher's distribution, m = W^T p and
    its entropy H(p) the divergence is logsumexp(W h) - h . m - H(p), over the whole vocabulary.
    """

    @torch.no_grad()
    def __init__(self, model, batch, kind):
        ids = torch.cat((batch.context, batch.text), dim=1)
        rows = batch.response_rows(model(model.embeddings[ids]))
        log_probability = F.log_softmax(F.linear(rows, model.head).float(), dim=-1)
        probability = log_probability.exp()
        if kind == "logits":
            self.log_probability = log_probability
        else:
            self.log_probability = None
            self.mean = (probability.to(model.head.dtype) @ model.head).float()
            self.entropy = -(probability * log_probability).sum(-1)

    def divergence(self, hidden, logits):
        """Mean KL(teacher || student) in nats, from the student's hidden rows and their logits."""
        if self.log_probability is not None:
            return divergence(self.log_probability, logits)
        cross_entropy = logits.float().logsumexp(-1) - (hidden.float() * self.mean).sum(-1)
        return (cross_entropy - self.entropy).mean()


def divergence(teacher_log_probability, student_logits):
    student = F.log_softmax(student_logits.float(), dim=-1)
    return F.kl_div(student, teacher_log_probability, reduction="batchmean", log_target=True)


class Step:
    def __init__(self, options, shape, device):
        self.model = Decoder(shape, device, PRECISIONS[options.precision])
        self.batch = Batch(options, shape, device)
        vectors = self.model.embeddings[self.batch.context[0, :1].expand(options.tokens)]
        noise = torch.randn(vectors.shape, generator=torch.Generator().manual_seed(2)).to(device)
        self.prompt = (vectors.float() + 0.01 * noise).requires_grad_(True)
        self.optimizer = torch.optim.AdamW([self.prompt], lr=1e-3, weight_decay=0.0)
        self.teacher = None
        if not options.teacher_every_step:
            self.teacher = CachedTeacher(self.model, self.batch, options.teacher_cache)

    def student(self):
        text = self.model.embeddings[self.batch.text]
        prompt = self.prompt.to(text.dtype).expand(text.shape[0], -1, -1)
        return self.model(torch.cat((prompt, text), dim=1))

    def loss(self):
        if self.teacher is not None:
            rows = self.batch.response_rows(self.student())
            return self.teacher.divergence(rows, F.linear(rows, self.model.head))
        with torch.no_grad():
            ids = torch.cat((self.batch.context, self.batch.text), dim=1)
            teacher = F.linear(self.model(self.model.embeddings[ids]), self.model.head)
            teacher = F.log_softmax(self.batch.response_rows(teacher).float(), dim=-1)
        student = F.linear(self.student(), self.model.head)
        return divergence(teacher, self.batch.response_rows(student))

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", default="tiny", help=f"{', '.join(SHAPES)}, or "
                        "HIDDEN,LAYERS,HEADS,KV,FFN,VOCABULARY")
    parser.add_argument("--qkv-bias", action="store_true")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=32, help="pseudo-tokens")
    parser.add_argument("--prompt", type=int, default=32)
    parser.add_argument("--response", type=int, default=32)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--teacher-cache", choices=("projected", "logits"), default="projected")
    parser.add_argument("--teacher-every-step", action="store_true")
    parser.add_argument("--precision", choices=PRECISIONS, default="f32")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.shape in SHAPES:
        shape = SHAPES[options.shape]
    else:
        try:
            shape = Shape(*map(int, options.shape.split(",")), qkv_bias=options.qkv_bias)
        except (TypeError, ValueError):
            parser.error(f"--shape {options.shape}: expected one of {', '.join(SHAPES)}, "
                         "or six numbers HIDDEN,LAYERS,HEADS,KV,FFN,VOCABULARY")
    return options, shape


def main():
    options, shape = parse()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    synchronize = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    step = Step(options, shape, device)

    losses, seconds = [step() for _ in range(2)], []
    for _ in range(options.steps):
        synchronize()
        start = time.perf_counter()
        losses.append(step())
        synchronize()
        seconds.append(time.perf_counter() - start)

    # ru_maxrss is in kilobytes on Linux and in bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    median = statistics.median(seconds)
    result = {
        "step_seconds_median": median,
        "tokens_per_second": options.batch * (options.prompt + options.response) / median,
        "peak_host_bytes": peak * (1 if sys.platform == "darwin" else 1024),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "precision": options.precision,
        "shape": options.shape,
        "threads": options.threads,
        "teacher": "every step" if options.teacher_every_step else options.teacher_cache,
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "torch": torch.__version__,
    }
    if device.type == "cuda":
        result["peak_device_bytes"] = torch.cuda.max_memory_allocated(device)
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
