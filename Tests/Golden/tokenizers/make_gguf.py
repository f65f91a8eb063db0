"""Makes the GGUF files of the folder gguf, each a vocabulary alone, and what Hugging Face's libraries make of texts.

    pip install tokenizers==0.23.3 transformers==5.23.0 gguf==0.19.0
    python3 make_gguf.py

The vocabularies are those of the small tokenizers beside this script. NAME.json holds the ids of the
same model's Hugging Face tokenizer: for byte-level tokenizers those of NAME.json beside this script;
for SentencePiece, whose GGUF files hold scores and no merges, those of the merges that transformers
derives from the scores (`generate_merges`), with the components of the published tokenizer.json.
"""

import json
from pathlib import Path

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors
from transformers.tokenization_utils_base import generate_merges

from make_tokenizers import HARD, fuzz

HERE = Path(__file__).parent
OUT = HERE / "gguf"
TEXTS = HARD + list(fuzz(40)) + [
    "a  b   c", "12 1234 x1 y 22\n\n3", "<|end|> a <|end|>b", "<s>a b</s> c", "<start_of_turn>  user\n\n\nx",
]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}"
    "{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def converted(data):
    """Tokens and types as llama.cpp's converter writes them."""
    tokens = {index: (token, 6 if token[:3] == "<0x" and len(token) == 6 else 1)
              for token, index in data["model"]["vocab"].items()}
    for added in data["added_tokens"]:
        content = added["content"]
        if added["special"]:
            tokens[added["id"]] = (content, 2 if content == "<unk>" else 3)
        else:
            tokens[added["id"]] = (content.replace("▁", " "), 4)
    count = max(tokens) + 1
    rows = [tokens.get(index, (f"[PAD{index}]", 5)) for index in range(count + 3)]
    return [row[0] for row in rows], [row[1] for row in rows]


def write(name, architecture, model, tokens, types, *, pre=None, merges=None, scores=None, roles=(), flags=()):
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", architecture)
    writer.add_tokenizer_model(model)
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores:
        writer.add_token_scores(scores)
    if merges:
        writer.add_token_merges(merges)
    for role, index in roles:
        writer.add_uint32(f"tokenizer.ggml.{role}_token_id", index)
    for flag, value in flags:
        writer.add_bool(f"tokenizer.ggml.{flag}", value)
    writer.add_chat_template([
        {"name": "default", "template": TEMPLATE}, {"name": "tool_use", "template": "{{ tools }}"}])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def record(name, tokenizer, special):
    """Ids without special tokens, and what is added around a text."""
    around = tokenizer.encode("\n").ids
    plain = tokenizer.encode("\n", add_special_tokens=False).ids
    start = next(i for i in range(len(around)) if around[i : i + len(plain)] == plain)
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                      "skipped": tokenizer.decode(ids, skip_special_tokens=True)})
    result = {"special": special, "leading": around[:start], "trailing": around[start + len(plain):], "cases": cases}
    text = json.dumps(result, ensure_ascii=True, separators=(",", ":")).replace('{"text"', '\n{"text"')
    (OUT / f"{name}.json").write_text(text + "\n", encoding="ascii")


def byte_level(name, pre, end):
    data = json.loads((HERE / f"{name}.json").read_text())
    tokens, types = converted(data)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in data["model"]["merges"]]
    index = tokens.index(end)
    write(name, "llama", "gpt2", tokens, types, pre=pre, merges=merges,
          roles=[("bos", index), ("eos", index)], flags=[("add_bos_token", False)])
    tokenizer = Tokenizer.from_file(str(HERE / f"{name}.json"))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", special_tokens=[])
    record(name, tokenizer, {"bos_token": end, "eos_token": end})


def sentencepiece(name, architecture, prefix, by_identifier):
    data = json.loads((HERE / f"{name}.json").read_text())
    tokens, types = converted(data)
    scores = [-1000.0 if kind == 4 else -float(index) if kind == 1 else 0.0 for index, kind in enumerate(types)]
    roles = [(role, tokens.index(token)) for role, token in (("bos", "<s>"), ("eos", "</s>"), ("unknown", "<unk>"))]
    flags = [] if prefix else [("add_space_prefix", False)]
    write(name, architecture, "llama", tokens, types, pre="default", scores=scores, roles=roles,
          flags=flags + [("add_bos_token", True), ("add_eos_token", False)])

    spelled = [token.replace(" ", "▁") if kind == 4 else token for token, kind in zip(tokens, types)]
    vocabulary = {token: index for index, token in enumerate(spelled) if types[index] != 5}
    ranks = {token: -float(index) if by_identifier else scores[index] for token, index in vocabulary.items()}
    # Marks and bytes take no part: a text that spells one is found before, or consists of bytes.
    skipped = [token for token, index in vocabulary.items() if types[index] in (2, 3, 6)]
    merges = generate_merges(vocabulary, ranks, skip_tokens=skipped)
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    spaces = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefix else spaces
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if prefix else []))
    tokenizer.add_tokens([AddedToken(token, normalized=False)
                          for token, index in vocabulary.items() if types[index] == 4])
    tokenizer.add_special_tokens([token for token, index in vocabulary.items() if types[index] in (2, 3)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])])
    record(name, tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})


OUT.mkdir(exist_ok=True)
byte_level("neox", "olmo", "<|end|>")
byte_level("granite", "smollm", "<|end|>")
sentencepiece("llama2", "llama", True, False)
sentencepiece("gemma", "gemma2", False, True)
