"""Makes classes.jsonl: what AutoTokenizer of transformers makes of folders whose tokenizer.json is
one of the small tokenizers here and whose configuration names a class, tokens or neither.

    pip install transformers==5.23.0 jinja2
    python3 make_classes.py

A line is one folder: the tokenizer.json's name and changes of its members, the other files, and the
ids of TEXTS without special tokens; `special` is what stands before and after the ids of "ships" with
them, `tokens` what the named special tokens are, `error` that the folder is not loaded.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import AutoTokenizer  # noqa: E402

HERE = Path(__file__).parent

TEXTS = [
    "",
    " ",
    "ships",
    " two  spaces   three ",
    "line\n\nline\r\n x\ty",
    "They're 12 or 12345 <s>ships</s> <s> the lamp <unk>",
    "e\u0301 é \u212b \ufb01 x\u0301",
    "<|end|>the lamp<|end|> the lamp <|new|>ships <|new|> <|im_start|>user\nships<|im_end|>\n",
    "<tool>ships <tool> ships",
    "中文 😀 \u00a0 \u3000",
    "▁the ▁▁ ships",
    "<start_of_turn>user\n\n\nships",
]


def token(content, **flags):
    flags = {"special": True, "normalized": False, **flags}
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, **flags}


def folder(base, model_type="llama", tokenizer=None, **files):
    """`base` is a tokenizer's name, `tokenizer` changes its members."""
    return {
        "base": base,
        "tokenizer": tokenizer or {},
        "config": None if model_type is None else {"model_type": model_type},
        **files,
    }


def named(base, name, model_type="llama", tokenizer=None, **settings):
    return folder(
        base, model_type, tokenizer, tokenizer_config={"tokenizer_class": name, **settings}
    )


NULLS = {"normalizer": None, "pre_tokenizer": None, "decoder": None, "post_processor": None}
NEW = {"640": token("<|new|>"), "641": token("<|im_start|>"), "642": token("<|im_end|>")}

FOLDERS = [
    # LlamaTokenizer decides the prefix; the file's normalizer is not used.
    named("llama2", "LlamaTokenizer"),
    named("llama2", "LlamaTokenizerFast", legacy=True),
    named("llama2", "LlamaTokenizerFast", legacy=False),
    named("llama2", "LlamaTokenizer", legacy=None),
    named("llama2", "LlamaTokenizer", legacy=False, add_prefix_space=False),
    named("llama2", "LlamaTokenizer", legacy=True, add_prefix_space=True),
    named("llama2", "LlamaTokenizer", legacy=False, tokenizer=NULLS),
    named("llama2", "LlamaTokenizer", legacy=False, add_bos_token=False, add_eos_token=True),
    named("llama2", "LlamaTokenizer", bos_token="<s>", added_tokens_decoder=NEW),
    named("llama2", "PreTrainedTokenizerFast", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="mistral", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="phi3", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="granite", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="smollm3", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="gemma", legacy=False),
    named("llama2", "LlamaTokenizer", model_type="qwen3", legacy=False),
    named("llama2", "Phi3Tokenizer"),
    named("llama2", "CodeLlamaTokenizer"),
    named("llama2", "CodeLlamaTokenizerFast", add_prefix_space=False),
    named("llama2", "NoSuchTokenizer"),
    named("llama2", "BloomTokenizerFast"),
    folder("llama2"),
    folder("llama2", tokenizer_config={"bos_token": "<s>"}),
    folder("llama2", "mistral"),
    folder("llama2", None, tokenizer_config={"tokenizer_class": "LlamaTokenizer"}),
    {**folder("llama2"), "config": {"model_type": "llama", "tokenizer_class": "LlamaTokenizer"}},
    # Byte-level files under LlamaTokenizer are left alone.
    named("gpt2", "LlamaTokenizerFast"),
    named("llama3", "LlamaTokenizer", model_type="qwen2"),
    named("llama3", "PreTrainedTokenizerFast"),
    # Mistral's own file.
    named("mistral", "LlamaTokenizer", legacy=True),
    named("mistral", "LlamaTokenizer", model_type="mistral"),
    # Gemma.
    named("gemma", "GemmaTokenizer", model_type="gemma2"),
    named("gemma", "GemmaTokenizerFast", model_type="gemma3_text", tokenizer=NULLS),
    folder("gemma", "gemma"),
    named("llama2", "GemmaTokenizer", model_type="gemma"),
    # Byte-level classes.
    named("qwen2", "Qwen2Tokenizer", model_type="qwen2", tokenizer={"normalizer": None}),
    named("qwen2", "Qwen2TokenizerFast", model_type="qwen3", tokenizer=NULLS),
    named("gpt2", "PreTrainedTokenizerFast", model_type="qwen2"),
    named("gpt2", "PreTrainedTokenizerFast", model_type="qwen3"),
    named("gpt2", "Qwen3_5Tokenizer", model_type="qwen3"),
    folder("gpt2", "qwen2"),
    named("gpt2", "Qwen2Tokenizer", add_prefix_space=True),
    named("granite", "GPT2Tokenizer"),
    named("granite", "GPT2TokenizerFast", add_prefix_space=True),
    named("granite", "GPT2Tokenizer", model_type="granite"),
    named("granite", "GPT2Tokenizer", model_type="starcoder2"),
    named("llama3", "GPT2Tokenizer", model_type="gpt2"),
    named("gpt2", "GPTNeoXTokenizer", model_type="gpt_neox"),
    named("llama3", "GPTNeoXTokenizerFast", model_type="gpt_neox", add_bos_token=True),
    named("neox", "GPTNeoXTokenizer", model_type="olmo2"),
    folder("neox", "gpt_neox"),
    named("gpt2", "CohereTokenizer", model_type="cohere2"),
    named("llama3", "CohereTokenizerFast", model_type="cohere"),
    named("gpt2", "CodeGenTokenizer"),
    # Tokens that the configuration alone knows.
    named("gpt2", "PreTrainedTokenizerFast", added_tokens_decoder={
        "420": token("<|new|>"), "421": token("<tool>", lstrip=True, rstrip=True),
        "5": token("&", special=False, normalized=True)}),
    named("gpt2", "PreTrainedTokenizerFast", added_tokens_decoder={}),
    named("gpt2", "PreTrainedTokenizerFast", bos_token="<|im_start|>", eos_token="<|im_end|>"),
    named("gpt2", "PreTrainedTokenizerFast", bos_token={
        "__type": "AddedToken", "content": "<|im_start|>", "lstrip": False, "normalized": True,
        "rstrip": True, "single_word": False}, eos_token=None),
    named("gpt2", "PreTrainedTokenizerFast", extra_special_tokens=["<|im_start|>", "<|im_end|>"]),
    named("gpt2", "PreTrainedTokenizerFast", extra_special_tokens={"tool_token": "<tool>"}),
    named("gpt2", "PreTrainedTokenizerFast", tool_token="<tool>", odd_token=7),
    named("gpt2", "PreTrainedTokenizerFast", additional_special_tokens=[
        "<|im_start|>", {"__type": "AddedToken", "content": "<tool>", "lstrip": True,
                         "normalized": False, "rstrip": False, "single_word": False}]),
    named("gpt2", "Qwen2Tokenizer", eos_token="<|im_end|>", additional_special_tokens=[
        "<|im_start|>"], added_tokens_decoder={"420": token("<|end|>", rstrip=True),
                                               "421": token("<|im_end|>", rstrip=True)}),
    folder("gpt2", added_tokens={"<|new|>": 420, "<tool>": 421},
           tokenizer_config={"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<tool>"}),
    folder("gpt2", special_tokens_map={"bos_token": "<|im_start|>", "eos_token": {
        "content": "<|im_end|>", "lstrip": False, "normalized": False, "rstrip": True,
        "single_word": False}, "additional_special_tokens": ["<tool>"]},
           tokenizer_config={"tokenizer_class": "PreTrainedTokenizerFast",
                             "bos_token": "<|new|>"}),
    folder("gpt2", special_tokens_map={"bos_token": "<|im_start|>"},
           tokenizer_config={"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|new|>",
                             "added_tokens_decoder": {}}),
    folder("gpt2", special_tokens_map={"bos_token": "<|im_start|>"},
           added_tokens={"<|new|>": 420}),
    named("llama2", "LlamaTokenizer", added_tokens_decoder={
        "640": token("<|new|>", normalized=True, special=False),
        "1": token("<s>", rstrip=True)}, legacy=False),
]  # fmt: skip


def write(description, path):
    tokenizer = json.loads((HERE / f"{description['base']}.json").read_text())
    tokenizer.update(description["tokenizer"])
    files = {"tokenizer": tokenizer}
    for name in ["config", "tokenizer_config", "special_tokens_map", "added_tokens"]:
        if description.get(name) is not None:
            files[name] = description[name]
    for name, value in files.items():
        (path / f"{name}.json").write_text(json.dumps(value))


def answer(path):
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path))
    except Exception as error:  # What is refused is part of the answer.
        return {"error": type(error).__name__}
    probe = tokenizer.encode("ships", add_special_tokens=False)
    special = tokenizer.encode("ships")
    start = next(i for i in range(len(special)) if special[i : i + len(probe)] == probe)
    decoded = [tokenizer.decode(tokenizer.encode(text)) for text in TEXTS]
    return {
        "class": type(tokenizer).__name__,
        "special": [special[:start], special[start + len(probe) :]],
        "tokens": tokenizer.special_tokens_map,
        "ids": [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS],
        "decoded": decoded,
    }


def main():
    lines = [json.dumps({"texts": TEXTS})]
    for description in FOLDERS:
        path = Path(tempfile.mkdtemp())
        write(description, path)
        line = {**{k: v for k, v in description.items() if v is not None}, **answer(path)}
        lines.append(json.dumps(line, ensure_ascii=True, separators=(",", ":")))
        shutil.rmtree(path)
    (HERE / "classes.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
