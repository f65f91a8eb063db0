"""The changes that the sweep makes: other values for every key of a config class, and for the keys of older files."""

from collections.abc import Iterator
from typing import Any

# Keys that no config class has as a field but that files carry: older names, and what base classes read from any file.
EXTRA = [
    "attention_chunk_size",
    "head_dim",
    "is_causal",
    "layer_types",
    "max_window_layers",
    "no_rope_layers",
    "original_max_position_embeddings",
    "partial_rotary_factor",
    "per_layer_config",
    "rope_scaling",
    "rope_theta",
    "rotary_emb_base",
    "rotary_pct",
    "rope_local_base_freq",
    "sliding_window",
    "sliding_window_pattern",
    "use_sliding_window",
    "hidden_activation",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "n_embed",
    "attn_logit_softcapping",
    "query_pre_attn_scalar",
    "logit_scale",
    "use_bidirectional_attention",
    "clip_qkv",
]

# Other values by key; a function takes the family's config. What is not here follows from the type of the value.
VALUES: dict[str, list[Any]] = {
    "activation": ["relu", "silu"],
    "activation_function": ["relu", "gelu"],
    "architectures": [["OtherForCausalLM"]],
    "attention_chunk_size": [8],
    "attention_multiplier": [0.4],
    "attn_logit_softcapping": [2.0, None],
    "bos_token_id": [7, None],
    "chunk_size_feed_forward": [4],
    "clip_qkv": [0.1],
    "dtype": ["float32"],
    "embedding_multiplier": [3.0],
    "eos_token_id": [7, [7, 8]],
    "ffn_hidden_size": [100, None],
    "final_logit_softcapping": [3.0, None],
    "head_dim": [24, None],
    "hidden_act": ["relu", "gelu", "gelu_pytorch_tanh", "silu", "tanh"],
    "hidden_activation": ["relu", "gelu", "tanh"],
    "hidden_size": [96],
    "id2label": [{"0": "a"}],
    "initializer_range": [0.3],
    "intermediate_size": [80],
    "label2id": [{"a": 0}],
    "layer_norm_eps": [0.1],
    "layer_norm_epsilon": [0.1],
    "logit_scale": [0.3],
    "logits_scaling": [4.0],
    "max_position_embeddings": [512],
    "max_window_layers": [1],
    "n_ctx": [512],
    "n_embd": [96],
    "n_embed": [96],
    "n_head": [2],
    "n_inner": [100],
    "n_layer": [3],
    "n_positions": [300],
    "no_rope_layer_interval": [2],
    "norm_epsilon": [0.1],
    "num_attention_heads": [2, 6],
    "num_hidden_layers": [2],
    "num_key_value_heads": [1, None],
    "num_kv_heads": [1, None],
    "num_ln_in_parallel_attn": [1, 2],
    "original_max_position_embeddings": [16],
    "pad_token_id": [9, None],
    "partial_rotary_factor": [0.5],
    "per_layer_config": [{"1": {"hidden_act": "relu"}}],
    "pretraining_tp": [2],
    "problem_type": ["regression"],
    "query_pre_attn_scalar": [40],
    "residual_multiplier": [0.3],
    "rms_norm_eps": [0.1],
    "rope_local_base_freq": [500.0],
    "rope_theta": [500.0],
    "rotary_emb_base": [500],
    "rotary_pct": [0.5],
    "sliding_window": [6, None],
    "sliding_window_pattern": [2],
    "summary_activation": ["tanh"],
    "summary_first_dropout": [0.5],
    "summary_type": ["mean"],
    "transformers_version": ["4.30.0"],
    "vocab_size": [112],
}

# Stands for a key that is left out.
ABSENT = "(absent)"

# Keys whose defaults are those of large models.
SIZES = {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "model_type"}
SIZES |= {"n_embd", "n_head", "n_layer", "n_positions"}

# Keys of one family's files that no config class has as a field, and keys of other families that may change nothing here:
# those of the first kind stand with their families.
FOREIGN: dict[str, set[str]] = {
    "attn_logit_softcapping": set(),
    "clip_qkv": set(),
    "hidden_activation": set(),
    "logit_scale": set(),
    "max_window_layers": set(),
    "n_embed": {"falcon"},
    "query_pre_attn_scalar": set(),
    "rope_local_base_freq": {"gemma3_text"},
    "rotary_emb_base": {"gpt_neox"},
    "rotary_pct": {"gpt_neox"},
    "use_bidirectional_attention": set(),
}

# Families with every change of their rotary parameters: those that read them in a way of their own, and Llama.
WHOLE = {"llama", "gemma3_text", "olmo3", "phi3", "glm", "gpt_neox"}

# Keys of training, generation and other heads, which are all changed at once: none may change anything.
ELSEWHERE = {
    "architectures",
    "attention_dropout",
    "attn_pdrop",
    "bos_token_id",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "dtype",
    "embd_pdrop",
    "embedding_dropout",
    "eos_token_id",
    "hidden_dropout",
    "id2label",
    "initializer_range",
    "is_decoder",
    "is_encoder_decoder",
    "label2id",
    "output_hidden_states",
    "pad_token_id",
    "pretraining_tp",
    "problem_type",
    "reorder_and_upcast_attn",
    "resid_pdrop",
    "residual_dropout",
    "return_dict",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "transformers_version",
    "use_cache",
}

# Not settings of a model, or given by the change of another key.
IGNORED = {"model_type", "text_config", "vision_config", "rope_parameters", "rope_scaling", "sub_configs"}


def values(key: str, config: Any) -> list[Any]:
    if key in VALUES:
        return VALUES[key]
    now = getattr(config, key, None)
    if isinstance(now, bool) or now is None:
        return [not now]
    if isinstance(now, (int, float)):
        return [0.5]  # Dropouts.
    raise ValueError(f"{key}: no other value is known for {now!r}")


def changes(keys: list[str], stated: dict[str, Any], config: Any, with_rotary: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each change with the key that it is about."""
    layers = config.num_hidden_layers
    text = stated.get("text_config", stated)
    elsewhere = sorted(ELSEWHERE & set(keys))
    # A return_dict of false gives a tuple, without other numbers in it.
    yield "keys of training and generation", {key: values(key, config)[0] for key in elsewhere if key != "return_dict"}
    foreign = {key for key, owners in FOREIGN.items() if not hasattr(config, key) and config.model_type not in owners}
    yield "keys of other families", {key: values(key, config)[0] for key in sorted(foreign)}
    for key in keys:
        if key in IGNORED or key in ELSEWHERE or key in foreign:
            continue
        if key == "layer_types":
            full, sliding = "full_attention", "sliding_attention"
            for kinds in (
                [full] * layers,
                [sliding] * layers,
                [sliding if index % 2 else full for index in range(layers)],
                [full] * (layers + 1),
            ):
                yield key, {key: kinds}
                yield key, {key: kinds, "sliding_window": 6}
            yield key, {key: [sliding] * layers, "sliding_window": 6, "use_sliding_window": True}
            continue
        if key == "no_rope_layers":
            yield key, {key: [index % 2 for index in range(layers)]}
            continue
        if key == "sliding_window":
            yield key, {key: 6, "use_sliding_window": True}
            yield key, {key: 6, "use_sliding_window": True, "max_window_layers": 1}
            yield key, {key: 6, "use_sliding_window": False}
            yield key, {key: 4096}
        for value in values(key, config):
            if value != text.get(key, ...):
                yield key, {key: value}
        if key in text and key not in SIZES:
            yield key, {key: ABSENT}
    if with_rotary and hasattr(config, "rope_parameters"):
        yield from rotary(text, config)


def rotary(stated: dict[str, Any], config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Scalings in both styles, with and without their optional keys."""
    nested = any(isinstance(value, dict) for value in config.rope_parameters.values())
    some = next(iter(config.rope_parameters.values())) if nested else config.rope_parameters
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    pairs = int(head * some.get("partial_rotary_factor", 1)) // 2
    llama3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "rope_type": "llama3"}
    yarn = {"factor": 4.0, "rope_type": "yarn"}
    longrope = {
        "long_factor": [1.5 + index / 2 for index in range(pairs)],
        "rope_type": "longrope",
        "short_factor": [1 + index / 8 for index in range(pairs)],
    }
    original = {"original_max_position_embeddings": 32}
    scalings = [
        {},
        {"rope_type": "default"},
        {"rope_type": "default", "mrope_section": [2, 2, 2]},
        {"rope_type": "default", "rope_theta": 500.0},
        {"type": "linear", "factor": 4.0},
        {"rope_type": "linear", "factor": 4.0},
        {"rope_type": "linear", "factor": 4.0, "partial_rotary_factor": 0.5},
        {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0},
        {"type": "linear", "rope_type": "default", "factor": 4.0},
        {"rope_type": "linear"},
        {"rope_type": "dynamic", "factor": 4.0},
        {"rope_type": "proportional", "partial_rotary_factor": 0.5},
        {"type": "mrope", "mrope_section": [2, 2, 2]},
        llama3,
        llama3 | original,
        yarn,
        yarn | original,
        {"type": "yarn", "factor": 4.0} | original,
        yarn | original | {"attention_factor": 0.7},
        yarn | original | {"beta_fast": 8.0, "beta_slow": 2.0},
        yarn | original | {"mscale": 1.0, "mscale_all_dim": 0.5},
        yarn | original | {"mscale": 0.7},
        yarn | original | {"truncate": False},
        yarn | original | {key: None for key in ["attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"]},
        yarn | original | {"factor": None},
        original | {"rope_type": "yarn"},
        longrope,
        longrope | original,
        longrope | original | {"factor": 3.0},
        longrope | original | {"attention_factor": 1.3},
        {key: value for key, value in longrope.items() if key != "rope_type"} | original | {"type": "su"},
        {key: value for key, value in longrope.items() if key != "rope_type"} | original | {"type": "yarn"},
    ]
    tops: list[dict[str, Any]] = [{}, {"original_max_position_embeddings": 48}]
    if config.model_type not in WHOLE:
        # What these families read is read as Llama's is.
        linear = {"rope_type": "linear", "factor": 4.0}
        scalings = [
            {},
            linear,
            linear | {"partial_rotary_factor": 0.5},
            linear | {"rope_theta": 500.0},
            llama3 | original,
            yarn,
            yarn | original,
            longrope | original,
        ]
    for scaling in scalings:
        for top in tops if scaling in [llama3, yarn, longrope, *(each | original for each in [llama3, yarn, longrope])] else tops[:1]:
            yield "rope_scaling", {"rope_scaling": scaling} | top
    yield "rope_scaling", {"rope_scaling": yarn | original, "rope_theta": 500.0}
    # Files of transformers 5, whose rotary keys all stand in rope_parameters, and what users add to them.
    plain = {"rope_type": "default", "rope_theta": 500.0}
    silent = {key: ABSENT for key in ["rope_scaling", "rope_theta", "rotary_emb_base"] if key in stated}
    if nested:
        kinds = ["full_attention", "sliding_attention"]
        for scaling in [plain, *({"rope_theta": 500.0} | scaling for scaling in scalings[1:])]:
            yield "rope_parameters", silent | {"rope_parameters": {kinds[0]: scaling, kinds[1]: plain}}
        yield "rope_parameters", silent | {"rope_parameters": {kinds[0]: plain, kinds[1]: plain | yarn | original}}
        yield "rope_parameters", silent | {"rope_parameters": {kinds[0]: plain}}
        yield "rope_parameters", silent | {"rope_parameters": {kinds[1]: plain}}
        yield "rope_parameters", silent | {"rope_parameters": plain}
        both = {kinds[0]: plain, kinds[1]: plain}
        for scaling in scalings:
            yield "rope_scaling", silent | {"rope_parameters": both, "rope_scaling": scaling}
        yield "rope_scaling", {"rope_scaling": {kinds[0]: {"rope_type": "linear", "factor": 4.0}, kinds[1]: plain}}
    else:
        for scaling in [*scalings[1:8], yarn | original]:
            yield "rope_parameters", silent | {"rope_parameters": {"rope_theta": 500.0} | scaling}
        for scaling in scalings[:6:2]:
            yield "rope_scaling", silent | {"rope_parameters": plain, "rope_scaling": scaling}
            yield "rope_scaling", silent | {"rope_parameters": plain, "rope_scaling": scaling | {"rope_theta": 500.0}}
        for scaling in [yarn | original, llama3, longrope]:
            yield "rope_scaling", {"rope_parameters": plain, "rope_theta": 700.0, "rope_scaling": scaling}
            yield "rope_parameters", silent | {"rope_parameters": scaling | {"rope_theta": 500.0}} | tops[1]
        yield "rope_parameters", silent | {"rope_parameters": {"full_attention": plain, "sliding_attention": plain}}
