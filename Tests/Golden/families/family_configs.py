"""Small configurations in the style of the hub's checkpoints (transformers 4.x), one for each golden folder."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Family:
    """One golden checkpoint.

    gain: standard deviation of a product's outputs for inputs of unit size.
    spread: the same for the logits of a normed state, before multipliers and soft caps. Tied embeddings share it.
    final_norm: mean of the final norm's factors; above 1 where large embeddings would drown the layers.
    long: tokens of the long case, which reaches past the window or the original positions; 0 for none.
    """

    name: str
    seed: int
    config: dict[str, Any]
    gain: float = 1.3
    spread: float = 3.0
    final_norm: float = 1.0
    long: int = 0


SHARED: dict[str, Any] = {
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.02,
    "max_position_embeddings": 256,
    "num_hidden_layers": 4,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.3",
    "use_cache": True,
    "vocab_size": 104,
}


def family(name: str, seed: int, config: dict[str, Any], **options: Any) -> Family:
    return Family(name, seed, dict(sorted((SHARED | config).items())), **options)


QWEN3 = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "attention_bias": False,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "max_window_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1000000,
    "sliding_window": None,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
}

OLMO2 = {
    "architectures": ["Olmo2ForCausalLM"],
    "model_type": "olmo2",
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 500000,
}

GRANITE = {
    "architectures": ["GraniteForCausalLM"],
    "model_type": "granite",
    "attention_bias": False,
    "attention_multiplier": 0.125,
    "embedding_multiplier": 6.0,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "logits_scaling": 1.5,
    "mlp_bias": False,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "residual_multiplier": 0.6,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}

# Sliding windows stand on the layers without rotary embedding, as transformers derives them.
SMOLLM3 = {
    "architectures": ["SmolLM3ForCausalLM"],
    "model_type": "smollm3",
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "max_window_layers": 28,
    "mlp_bias": False,
    "no_rope_layer_interval": 4,
    "no_rope_layers": [1, 0, 1, 0],
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 5000000.0,
    "sliding_window": 8,
    "tie_word_embeddings": True,
    "use_sliding_window": True,
}

# "gelu" is what the first Gemma files say and means the tanh approximation.
GEMMA = {
    "architectures": ["GemmaForCausalLM"],
    "model_type": "gemma",
    "attention_bias": False,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "head_dim": 24,
    "hidden_act": "gelu",
    "hidden_activation": None,
    "hidden_size": 40,
    "intermediate_size": 96,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}

GEMMA2 = {
    "architectures": ["Gemma2ForCausalLM"],
    "model_type": "gemma2",
    "attention_bias": False,
    "attn_logit_softcapping": 5.0,
    "bos_token_id": 2,
    "cache_implementation": "hybrid",
    "eos_token_id": 1,
    "final_logit_softcapping": 10.0,
    "head_dim": 16,
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 40,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 10,
    "rms_norm_eps": 1e-06,
    "rope_theta": 10000.0,
    "sliding_window": 8,
    "sliding_window_size": 8,
    "tie_word_embeddings": True,
}

GEMMA3_TEXT = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "attention_bias": False,
    "attn_logit_softcapping": None,
    "bos_token_id": 2,
    "cache_implementation": "hybrid",
    "eos_token_id": 1,
    "final_logit_softcapping": None,
    "head_dim": 16,
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 36,
    "intermediate_size": 56,
    "num_attention_heads": 4,
    "num_hidden_layers": 6,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 12,
    "rms_norm_eps": 1e-06,
    "rope_local_base_freq": 10000,
    "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    "rope_theta": 1000000,
    "sliding_window": 8,
    "sliding_window_pattern": 3,
    "tie_word_embeddings": True,
}

# For families whose embeddings are scaled up and tied to the head.
SCALED: dict[str, Any] = {"spread": 1.0, "final_norm": 3.0}

FAMILIES = {
    made.name: made
    for made in [
        family("qwen3", 101, QWEN3),
        family("olmo2", 102, OLMO2),
        family("granite", 103, GRANITE, gain=2.0, spread=0.3, final_norm=12.0),
        family("smollm3", 104, SMOLLM3, long=64),
        family("gemma", 105, GEMMA, gain=1.6, **SCALED),
        family("gemma2", 106, GEMMA2, **SCALED, long=64),
        family("gemma3_text", 107, GEMMA3_TEXT, **SCALED, long=64),
    ]
}
