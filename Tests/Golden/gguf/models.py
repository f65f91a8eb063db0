"""The models of this folder: a family's small configuration, changed to what a GGUF file can say, and its metadata."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """One file.

    arch: `general.architecture`.
    family: the name of its configuration in ../families/family_configs.py; changes: what differs there.
    more: metadata besides the sizes, by the key behind the architecture's name.
    interleaved: whether queries and keys are permuted for RoPE over neighbours.
    factors: tensors that the weights do not give.
    types: the type of matrices by the part of their names; "" is that of the others, bf16 where there is none.
    ties: whether the head is tied where the configuration does not say.
    """

    name: str
    arch: str
    family: str
    changes: Config = field(default_factory=dict)
    more: Callable[[Config], Config] = lambda config: {}
    interleaved: bool = False
    factors: dict[str, list[float]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    ties: bool = True
    read_by_transformers: bool = True

    def metadata(self, config: Config) -> Config:
        """The metadata as llama.cpp's converter writes them."""
        heads = config.get("num_attention_heads", config.get("n_head"))
        hidden = config.get("hidden_size", config.get("n_embd"))
        found: Config = {
            "context_length": config.get("max_position_embeddings", config.get("n_positions", 2048)),
            "embedding_length": hidden,
            "block_count": config.get("num_hidden_layers", config.get("n_layer")),
            "feed_forward_length": config.get("intermediate_size", 4 * hidden),
            "attention.head_count": heads,
            "attention.head_count_kv": config.get("num_key_value_heads", heads),
            "vocab_size": config["vocab_size"],
        }
        if "rope_theta" in config:
            found["rope.freq_base"] = float(config["rope_theta"])
        if "rms_norm_eps" in config:
            found["attention.layer_norm_rms_epsilon"] = config["rms_norm_eps"]
        for key in ["layer_norm_eps", "layer_norm_epsilon", "norm_epsilon"]:
            if key in config:
                found["attention.layer_norm_epsilon"] = config[key]
        if "head_dim" in config:
            found |= {"attention.key_length": config["head_dim"], "attention.value_length": config["head_dim"]}
        vocabulary = [f"<{number}>" for number in range(config["vocab_size"])]
        found |= {
            "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": vocabulary, "tokenizer.ggml.merges": ["a b"],
            "tokenizer.ggml.pre": "gpt-2",
            "tokenizer.ggml.bos_token_id": config.get("bos_token_id", 1),
            "tokenizer.ggml.eos_token_id": config.get("eos_token_id", 2),
        }
        return found | self.more(config)


def llama3_factors(config: Config) -> list[float]:
    """The divisors of Llama 3's frequencies: `generate_extra_tensors` of LlamaModel in llama.cpp's converter."""
    scaling, dimension = config["rope_scaling"], config["head_dim"]
    low = scaling["original_max_position_embeddings"] / scaling["low_freq_factor"]
    high = scaling["original_max_position_embeddings"] / scaling["high_freq_factor"]
    factors = []
    for index in range(0, dimension, 2):
        wavelength = 2 * math.pi * config["rope_theta"] ** (index / dimension)
        if wavelength < high:
            factors.append(1.0)
        elif wavelength > low:
            factors.append(scaling["factor"])
        else:
            smooth = (scaling["original_max_position_embeddings"] / wavelength - scaling["low_freq_factor"]) / (
                scaling["high_freq_factor"] - scaling["low_freq_factor"])
            factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return factors


SMALL = {"num_hidden_layers": 2, "vocab_size": 64}
LLAMA3 = {
    "head_dim": 16, "rope_theta": 500000.0,
    "rope_scaling": {
        "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
        "rope_type": "llama3",
    },
}
EARLY = LLAMA3 | {"rope_scaling": LLAMA3["rope_scaling"] | {"original_max_position_embeddings": 32}}
LONG = [1.0, 1.3, 2.1, 4.0, 7.5, 12.0]
SHORT = [1.0, 1.05, 1.1, 1.25, 1.5, 2.0]
BLOCKS = {
    "": "BF16", "attn_q": "Q8_0", "attn_k": "Q4_0", "attn_v": "Q4_1", "attn_output": "Q5_0", "ffn_gate": "Q5_1",
    "ffn_up": "Q8_0", "ffn_down": "F16", "token_embd": "Q8_0",
}


def window(config: Config) -> Config:
    return {"attention.sliding_window": config["sliding_window"]}


def rotary(share: float) -> Callable[[Config], Config]:
    """A part of each head that rotates."""
    def more(config: Config) -> Config:
        return {"rope.dimension_count": int(share * (config["hidden_size"] // config["num_attention_heads"]))}
    return more


ALL = [
    Model("llama", "llama", "llama", SMALL, lambda config: {"rope.dimension_count": 12}, interleaved=True),
    Model("llama3", "llama", "llama3", SMALL | LLAMA3, interleaved=True,
          factors={"rope_freqs.weight": llama3_factors(SMALL | LLAMA3)}, read_by_transformers=False),
    Model("llama3-early", "llama", "llama3", SMALL | EARLY, interleaved=True,
          factors={"rope_freqs.weight": llama3_factors(SMALL | EARLY)}, read_by_transformers=False),
    Model("mistral", "llama", "mistral", SMALL, window, interleaved=True, read_by_transformers=False),
    Model("qwen2", "qwen2", "qwen2", SMALL),
    Model("qwen3", "qwen3", "qwen3", SMALL | {"max_window_layers": 2}, read_by_transformers=False),
    Model("qwen3-yarn", "qwen3", "qwen3", SMALL | {
        "max_window_layers": 2,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
    }, lambda config: {
        "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": 64,
    }, read_by_transformers=False),
    Model("gemma", "gemma", "gemma", SMALL, read_by_transformers=False),
    Model("gemma2", "gemma2", "gemma2", SMALL | {"query_pre_attn_scalar": 16}, lambda config: window(config) | {
        "attn_logit_softcapping": config["attn_logit_softcapping"],
        "final_logit_softcapping": config["final_logit_softcapping"],
    }, read_by_transformers=False),
    Model("gemma3", "gemma3", "gemma3_text", SMALL | {"query_pre_attn_scalar": 16, "sliding_window_pattern": 2},
          lambda config: window(config) | {
              "attention.sliding_window_pattern": 2, "rope.scaling.type": "linear", "rope.scaling.factor": 8.0,
          }, read_by_transformers=False),
    Model("phi3", "phi3", "phi3", SMALL, lambda config: window(config) | {"rope.dimension_count": 12},
          read_by_transformers=False),
    Model("phi3-longrope", "phi3", "phi3-longrope", SMALL, lambda config: {
        "rope.dimension_count": 12, "rope.scaling.original_context_length": 40,
    }, factors={"rope_factors_long.weight": LONG, "rope_factors_short.weight": SHORT}, read_by_transformers=False),
    Model("smollm3", "smollm3", "smollm3", {
        "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "no_rope_layers": [1, 1, 1, 0],
        "use_sliding_window": False, "sliding_window": None,
    }, interleaved=True, read_by_transformers=False),
    Model("granite", "granite", "granite", SMALL, lambda config: {
        "attention.scale": config["attention_multiplier"], "embedding_scale": config["embedding_multiplier"],
        "residual_scale": config["residual_multiplier"], "logit_scale": config["logits_scaling"],
    }, interleaved=True, read_by_transformers=False),
    Model("olmo2", "olmo2", "olmo2", SMALL, read_by_transformers=False),
    Model("starcoder2", "starcoder2", "starcoder2", SMALL | {"sliding_window": None, "rope_theta": 999999.44},
          read_by_transformers=False),
    Model("command-r", "command-r", "cohere", SMALL, lambda config: {
        "logit_scale": config["logit_scale"], "rope.scaling.type": "none",
    }, read_by_transformers=False),
    Model("falcon-7b", "falcon", "falcon-7b", SMALL | {"num_kv_heads": 1},
          lambda config: {"attention.head_count_kv": 1}, read_by_transformers=False),
    Model("falcon-40b", "falcon", "falcon-40b", SMALL, lambda config: {"attention.head_count_kv": 2},
          read_by_transformers=False),
    Model("gptneox", "gptneox", "gpt_neox", SMALL,
          lambda config: rotary(0.25)(config) | {"use_parallel_residual": True}, read_by_transformers=False),
    Model("gpt2", "gpt2", "gpt2", {"n_layer": 2, "vocab_size": 64, "n_positions": 64, "n_ctx": 64},
          read_by_transformers=False),
    Model("stablelm", "stablelm", "stablelm", SMALL, lambda config: rotary(0.25)(config) | {
        "use_parallel_residual": True,
    }),
    Model("stablelm-parallel", "stablelm", "stablelm-parallel", SMALL, lambda config: rotary(0.25)(config) | {
        "use_parallel_residual": True,
    }, read_by_transformers=False),
    Model("blocks", "llama", "llama", SMALL | {"hidden_size": 64, "intermediate_size": 96}, interleaved=True,
          types=BLOCKS),
]

MODELS = {model.name: model for model in ALL}
