"""A Llama or Qwen2 decoder with frozen random weights, written for speed in plain PyTorch.

The q, k and v products and the gate and up products are fused, attention is
`scaled_dot_product_attention`, and the head is left to the caller, who knows which rows need it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    feed_forward: int
    vocabulary: int
    qkv_bias: bool = False
    tied: bool = False

    @property
    def head_dimension(self):
        return self.hidden // self.heads


SHAPES = {
    "tiny": Shape(192, 4, 6, 2, 512, 1536),
    "llama-15m": Shape(288, 6, 6, 6, 768, 32000),
    "smollm2-135m": Shape(576, 30, 9, 3, 1536, 49152, tied=True),
    "qwen2.5-0.5b": Shape(896, 24, 14, 2, 4864, 151936, qkv_bias=True, tied=True),
}


class Layer:
    def __init__(self, shape, weight):
        rows = (shape.heads + 2 * shape.key_value_heads) * shape.head_dimension
        self.shape = shape
        self.attention_norm = weight(shape.hidden).fill_(1)
        self.qkv = weight(rows, shape.hidden)
        self.qkv_bias = weight(rows) if shape.qkv_bias else None
        self.output = weight(shape.hidden, shape.hidden)
        self.feed_forward_norm = weight(shape.hidden).fill_(1)
        self.gate_up = weight(2 * shape.feed_forward, shape.hidden)
        self.down = weight(shape.hidden, shape.feed_forward)

    def __call__(self, x, cosine, sine):
        batch, length, hidden = x.shape
        heads, pairs, dimension = (
            self.shape.heads, self.shape.key_value_heads, self.shape.head_dimension)
        normed = F.rms_norm(x, (hidden,), self.attention_norm, 1e-6)
        qkv = F.linear(normed, self.qkv, self.qkv_bias)
        qkv = qkv.view(batch, length, heads + 2 * pairs, dimension).transpose(1, 2)
        query, key, value = qkv.split((heads, pairs, pairs), dim=1)
        mixed = F.scaled_dot_product_attention(
            rotate(query, cosine, sine), rotate(key, cosine, sine), value,
            is_causal=True, enable_gqa=heads != pairs)
        x = x + F.linear(mixed.transpose(1, 2).reshape(batch, length, hidden), self.output)
        normed = F.rms_norm(x, (hidden,), self.feed_forward_norm, 1e-6)
        gate, up = F.linear(normed, self.gate_up).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, self.down)


def rotate(x, cosine, sine):
    """Rotary embedding of [B, heads, S, D]; the halves of a head form the pairs."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class Decoder:
    def __init__(self, shape, device, precision):
        generator = torch.Generator(device).manual_seed(0)

        def weight(*size):
            empty = torch.empty(size, device=device, dtype=precision)
            return empty.normal_(0, size[-1] ** -0.5 if len(size) == 2 else 0.02,
                                 generator=generator)

        self.shape = shape
        self.embeddings = weight(shape.vocabulary, shape.hidden)
        self.layers = [Layer(shape, weight) for _ in range(shape.layers)]
        self.norm = weight(shape.hidden).fill_(1)
        self.head = self.embeddings if shape.tied else weight(shape.vocabulary, shape.hidden)
        powers = torch.arange(0, shape.head_dimension, 2, device=device) / shape.head_dimension
        self.frequencies = 10000.0 ** -powers

    def __call__(self, x):
        """Final hidden states [B, S, E] of input embeddings [B, S, E]."""
        angles = torch.arange(x.shape[1], device=x.device)[:, None] * self.frequencies
        cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, cosine, sine)
        return F.rms_norm(x, (self.shape.hidden,), self.norm, 1e-6)
