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
    """A family whose configuration states everything itself."""
    return Family(name, seed, dict(sorted(config.items())), **options)


def common(name: str, seed: int, config: dict[str, Any], **options: Any) -> Family:
    """A family whose configuration adds to or changes the shared settings."""
    return family(name, seed, SHARED | config, **options)


LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "mlp_bias": False,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
}

# As Llama 3.2, with original positions so few that the blend covers several pairs of a head.
LLAMA3 = LLAMA | {
    "head_dim": 12,
    "rope_scaling": {
        "factor": 8.0,
        "high_freq_factor": 4.0,
        "low_freq_factor": 1.0,
        "original_max_position_embeddings": 32,
        "rope_type": "llama3",
    },
    "rope_theta": 500000.0,
    "tie_word_embeddings": True,
}

MISTRAL = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "sliding_window": 8,
}

# As Ministral 8B: one layer of four sees all.
MINISTRAL = MISTRAL | {
    "architectures": ["MinistralForCausalLM"],
    "model_type": "ministral",
    "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "sliding_attention"],
    "rope_theta": 100000000.0,
}

QWEN2 = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "max_window_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "sliding_window": None,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
}

# GPT-2's configs have names of their own for everything.
GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "attn_pdrop": 0.0,
    "bos_token_id": 1,
    "embd_pdrop": 0.0,
    "eos_token_id": 2,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "n_ctx": 256,
    "n_embd": 48,
    "n_head": 4,
    "n_layer": 4,
    "n_positions": 256,
    "resid_pdrop": 0.0,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.3",
    "vocab_size": 104,
}

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

# As Qwen's notes on long texts say, with a base so small that the blend covers several pairs of a head.
QWEN3_YARN = QWEN3 | {
    "max_position_embeddings": 32,
    "rope_scaling": {"factor": 4.0, "original_max_position_embeddings": 32, "rope_type": "yarn"},
    "rope_theta": 100,
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

# As Olmo-3-7B: only the layers without a window are stretched.
OLMO3 = OLMO2 | {
    "architectures": ["Olmo3ForCausalLM"],
    "model_type": "olmo3",
    "layer_types": ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
    "max_position_embeddings": 32768,
    "rope_scaling": {
        "attention_factor": 1.2,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "factor": 8.0,
        "original_max_position_embeddings": 4096,
        "rope_type": "yarn",
    },
    "sliding_window": 8,
}

STARCODER2 = {
    "architectures": ["Starcoder2ForCausalLM"],
    "model_type": "starcoder2",
    "embedding_dropout": 0.0,
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_size": 48,
    "intermediate_size": 120,
    "norm_epsilon": 1e-05,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "residual_dropout": 0.0,
    "rope_theta": 999999.4420358813,
    "sliding_window": 8,
    "tie_word_embeddings": True,
    "use_bias": True,
}

COHERE = {
    "architectures": ["CohereForCausalLM"],
    "model_type": "cohere",
    "attention_bias": False,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "layer_norm_eps": 1e-05,
    "logit_scale": 0.8,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "rope_theta": 8000000.0,
    "tie_word_embeddings": True,
    "use_qk_norm": False,
}

# As Command R7B, whose files state the pattern, not the layers.
COHERE2 = {key: value for key, value in COHERE.items() if key != "use_qk_norm"} | {
    "architectures": ["Cohere2ForCausalLM"],
    "model_type": "cohere2",
    "head_dim": 12,
    "order_of_interleaved_layers": "local_attn_first",
    "position_embedding_type": "rope_gptj",
    "rope_scaling": None,
    "rope_theta": 50000,
    "rotary_pct": 1.0,
    "sliding_window": 8,
    "sliding_window_pattern": 4,
    "use_embedding_sharing": True,
    "use_gated_activation": True,
    "use_parallel_block": True,
    "use_parallel_embedding": False,
}

ERNIE45 = {
    "architectures": ["Ernie4_5ForCausalLM"],
    "model_type": "ernie4_5",
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "rms_norm_eps": 1e-05,
    "rope_theta": 500000.0,
    "tie_word_embeddings": True,
    "use_bias": True,
}

GLM = {
    "architectures": ["GlmForCausalLM"],
    "model_type": "glm",
    "attention_bias": True,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "partial_rotary_factor": 0.5,
    "rms_norm_eps": 1.5625e-07,
    "rope_theta": 10000.0,
}

GLM4 = GLM | {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4"}

HELIUM = {
    "architectures": ["HeliumForCausalLM"],
    "model_type": "helium",
    "attention_bias": False,
    "head_dim": 12,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "mlp_bias": False,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 3,
    "rms_norm_eps": 1e-08,
    "rope_theta": 100000.0,
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
    "hidden_size": 32,
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

# The wrapper for images and text, as in gemma-3-4b: the decoder's settings are nested and its rotary ones left to
# their defaults. Its vision tower is as small as it can be.
GEMMA3 = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "model_type": "gemma3",
    "boi_token_index": 101,
    "eoi_token_index": 102,
    "eos_token_id": [1, 100],
    "image_token_index": 103,
    "initializer_range": 0.02,
    "mm_tokens_per_image": 4,
    "text_config": {
        "head_dim": 16,
        "hidden_size": 32,
        "intermediate_size": 48,
        "model_type": "gemma3_text",
        "num_attention_heads": 4,
        "num_hidden_layers": 6,
        "num_key_value_heads": 2,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 8,
        "vocab_size": 104,
    },
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.3",
    "vision_config": {
        "hidden_size": 8,
        "image_size": 16,
        "intermediate_size": 8,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 1,
        "num_hidden_layers": 1,
        "patch_size": 8,
        "vision_use_head": False,
    },
}

PHI3 = {
    "architectures": ["Phi3ForCausalLM"],
    "model_type": "phi3",
    "attention_bias": False,
    "embd_pdrop": 0.0,
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 72,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "num_key_value_heads": 4,
    "original_max_position_embeddings": 256,
    "pad_token_id": 0,
    "resid_pdrop": 0.0,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "sliding_window": 8,
}

# As Phi-4-mini: longrope on three quarters of a head. 40 positions keep every short case, greedy one included, short.
PHI3_LONGROPE = PHI3 | {
    "hidden_size": 64,
    "intermediate_size": 56,
    "num_key_value_heads": 2,
    "original_max_position_embeddings": 40,
    "partial_rotary_factor": 0.75,
    "rope_scaling": {
        "long_factor": [1.0, 1.3, 2.1, 4.0, 7.5, 12.0],
        "short_factor": [1.0, 1.05, 1.1, 1.25, 1.5, 2.0],
        "type": "longrope",
    },
    "sliding_window": None,
    "tie_word_embeddings": True,
}

GPT_NEOX = {
    "architectures": ["GPTNeoXForCausalLM"],
    "model_type": "gpt_neox",
    "bos_token_id": 0,
    "eos_token_id": 0,
    "hidden_act": "gelu",
    "hidden_size": 48,
    "intermediate_size": 120,
    "layer_norm_eps": 1e-05,
    "num_attention_heads": 3,
    "num_hidden_layers": 3,
    "rotary_emb_base": 10000,
    "rotary_pct": 0.25,
    "use_parallel_residual": True,
}

STABLELM = {
    "architectures": ["StableLmForCausalLM"],
    "model_type": "stablelm",
    "bos_token_id": 0,
    "eos_token_id": 0,
    "hidden_act": "silu",
    "hidden_dropout": 0.0,
    "hidden_size": 48,
    "intermediate_size": 72,
    "layer_norm_eps": 1e-05,
    "num_attention_heads": 3,
    "num_hidden_layers": 3,
    "num_key_value_heads": 3,
    "partial_rotary_factor": 0.25,
    "qk_layernorm": False,
    "rope_scaling": None,
    "rope_theta": 10000,
    "use_parallel_residual": False,
    "use_qkv_bias": True,
}

# As stablelm-2-12b: the norms of query and key heads have a weight for each head and no bias.
STABLELM_PARALLEL = STABLELM | {
    "hidden_size": 64,
    "intermediate_size": 56,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "qk_layernorm": True,
    "use_parallel_residual": True,
    "use_qkv_bias": False,
}

# Falcon's configs leave the rotary base, the feed-forward size (4 times the hidden one) and tied embeddings to defaults.
FALCON = {
    key: value for key, value in SHARED.items() if key not in {"max_position_embeddings", "tie_word_embeddings"}
} | {
    "architectures": ["FalconForCausalLM"],
    "model_type": "falcon",
    "alibi": False,
    "bias": False,
    "bos_token_id": 11,
    "eos_token_id": 11,
    "hidden_dropout": 0.0,
    "hidden_size": 48,
    "layer_norm_epsilon": 1e-05,
    "multi_query": True,
    "new_decoder_architecture": False,
    "num_attention_heads": 3,
    "num_hidden_layers": 3,
    "num_kv_heads": 3,
    "parallel_attn": True,
}

# multi_query and parallel_attn mean nothing here. Biases are not in the published files but in the class.
FALCON_40B = FALCON | {
    "bias": True,
    "new_decoder_architecture": True,
    "num_attention_heads": 4,
    "num_kv_heads": 2,
}

# As falcon-11B: the grouped projection, but one norm for attention and feed-forward.
FALCON_11B = FALCON | {
    "ffn_hidden_size": 96,
    "max_position_embeddings": 256,
    "new_decoder_architecture": True,
    "num_attention_heads": 4,
    "num_kv_heads": 2,
    "num_ln_in_parallel_attn": 1,
    "rope_theta": 500042.0,
    "tie_word_embeddings": False,
}

# For families whose embeddings are scaled up and tied to the head.
SCALED: dict[str, Any] = {"spread": 1.0, "final_norm": 3.0}

FAMILIES = {
    made.name: made
    for made in [
        common("llama", 128, LLAMA),
        common("llama3", 129, LLAMA3, long=64),
        common("mistral", 130, MISTRAL, long=64),
        common("ministral", 133, MINISTRAL, long=64),
        common("qwen2", 131, QWEN2),
        family("gpt2", 132, GPT2),
        common("qwen3", 101, QWEN3),
        common("qwen3-yarn", 119, QWEN3_YARN, long=64),
        common("olmo2", 102, OLMO2),
        common("olmo3", 120, OLMO3, long=64),
        common("starcoder2", 121, STARCODER2, long=64),
        common("cohere", 122, COHERE),
        common("cohere2", 123, COHERE2, long=64),
        common("ernie4_5", 124, ERNIE45),
        common("helium", 125, HELIUM),
        common("glm", 126, GLM),
        common("glm4", 127, GLM4),
        common("granite", 103, GRANITE, gain=2.0, spread=0.3, final_norm=12.0),
        common("smollm3", 104, SMOLLM3, long=64),
        common("gemma", 105, GEMMA, gain=1.6, **SCALED),
        common("gemma2", 106, GEMMA2, **SCALED, long=64),
        common("gemma3_text", 107, GEMMA3_TEXT, **SCALED, long=64),
        family("gemma3", 108, GEMMA3, **SCALED, long=64),
        common("phi3", 109, PHI3, long=64),
        common("phi3-longrope", 118, PHI3_LONGROPE, long=64),
        common("gpt_neox", 111, GPT_NEOX),
        common("gpt_neox-serial", 112, GPT_NEOX | {"use_parallel_residual": False}),
        common("stablelm", 113, STABLELM),
        common("stablelm-parallel", 114, STABLELM_PARALLEL),
        family("falcon-7b", 115, FALCON, gain=2.0),
        family("falcon-40b", 116, FALCON_40B, gain=2.0),
        family("falcon-11b", 117, FALCON_11B),
    ]
}
