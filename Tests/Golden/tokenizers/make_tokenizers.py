"""Makes the small tokenizers of this folder and what Python's `tokenizers` does with them.

    pip install tokenizers==0.23.3
    python3 make_tokenizers.py

NAME.json is a tokenizer.json; NAME.cases.json holds texts with their ids and what those decode to.
Training has no random part; the texts of the fuzz cases come from random.Random(20240607).
"""

import json
import random
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

HERE = Path(__file__).parent

# Written for this script.
CORPUS = """
The lighthouse keeper counts the ships that pass before breakfast, and writes the number in a book.
On Mondays there are seven ships; on Tuesdays eleven; on market days, more than he can count.
"Where do they go?" asked the child. "They're going where the wind goes," the keeper said.
He'd never been there himself, but he'll tell you it isn't far. We've heard it before; I'm sure.
In winter the lamp burns for 16 hours, 1024 litres of oil are used, and 3.14 times that in a storm.
The keeper's notebook: 1998, 1999, 2000, 2001 ... 123456789 waves, give or take 50%.
A ship without a lamp is a rumour. A lamp without a ship is a hobby. Both need oil.
for index in range(10):
    if index % 2 == 0:
        print("even", index)
    else:
        total += values[index] * 0.5  # half
\tint main(void) {\r\n\t\treturn 0;\r\n\t}
Der Leuchtturmwärter zählt die Schiffe, die vor dem Frühstück vorbeifahren, und schreibt die Zahl auf.
Über die Straße, größer als früher, schöner und kälter: so fährt das Schiff am Abend zurück.
Le gardien du phare compte les bateaux qui passent avant le déjeuner; l'été, il n'y en a guère.
El farero cuenta los barcos que pasan por la mañana y después duerme la siesta, señor.
Смотритель маяка считает корабли, которые проходят до завтрака, и записывает число в книгу.
灯塔看守人在早餐前数过往的船只,并把数字写在本子上。船很多,灯很亮,海很大。
灯台守は朝食の前に通る船を数えて、ノートに書きます。船はたくさんあります。
등대지기는 아침 식사 전에 지나가는 배를 세고 그 수를 공책에 적습니다.
حارس المنارة يعد السفن التي تمر قبل الفطور ويكتب العدد في دفتر.
שומר המגדלור סופר את הספינות שעוברות לפני ארוחת הבוקר.
लाइटहाउस का रखवाला नाश्ते से पहले गुजरने वाले जहाजों को गिनता है।
😀 😃 😄 the lamp is on 🙂 the lamp is off 🙃 ships 🚢🚢🚢 and 👍🏽 for the keeper 👨‍👩‍👧‍👦
"""

HARD = [
    "",
    " ",
    "   ",
    "\n",
    "\r\n\r\n",
    " \n  \n\t x",
    "a",
    "The keeper counts ships.",
    " leading space",
    "trailing space ",
    "two  spaces   three    four",
    "tabs\tand\t\ttabs",
    "line\nline\r\nline\rline",
    "x\n\n\n   y",
    "They're, THEY'RE, he'd, HE'D, I'm, we've, it's, 'tis, don't'll'x",
    "'s's 's 'S 'ſ 'Ve '",
    "1 12 123 1234 12345 1234567 3.14 1,000,000 ½ ²³ ٣٤٥ Ⅻ 一二三",
    "camelCase snake_case kebab-case SCREAMING_CASE",
    "e\u0301 é E\u0301 \u212b \u00c5 A\u030a \u1e9b\u0323 \ufb01",
    "a\u0300\u0301\u0323b \u0344 \u0f71\u0f72\u0f80",
    "👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ☎️ ☎",
    "中文字符,没有空格。日本語のテキスト。한국어 텍스트",
    "ハンカク ﾊﾝｶｸ ｶﾞ",
    "مرحبا بالعالم ١٢٣ שלום עולם",
    "नमस्ते दुनिया กำแพง ไทย ພາສາ",
    "\u0000\u0001\u0007\u001b\u007f\u0085\u009f",
    "zero\u200bwidth\u200cjoin\u200der\ufeffbom\u2060",
    "nbsp\u00a0thin\u2009ideographic\u3000line\u2028para\u2029end",
    "\u3000\u3000ideographic  spaces\u00a0\u00a0",
    "𝒜𝓁𝑔ℯ𝒷𝓇𝒶 𐍈𐌰𐍄 𠀀𠀁 \U000e0001",
    "\ue000\uf8ff\ufffd\ufffe\U0010ffff",
    "\u0378\u0cdc\ua7f1 unassigned and new",
    "<s>not</s> a <unk> token <|end|>",
    "before<|end|>after <|end|> both",
    "  <|lstrip|>  <|rstrip|>  <|both|>  x",
    "word<|word|>word <|word|> ,<|word|>, _<|word|>",
    "NORMALIZED Normalized normalized",
    "<0x41><0x0A> <0xZZ>",
    "▁already▁here ▁ ▁▁",
    "http://example.org/a?b=c&d=%20#frag",
    "{\"key\": [1, 2.5e-3, null, true]}",
    "    def f(self, *args, **kwargs):\n        return -1\n",
    "!!!???...,,,---___###",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "lighthouselighthouselighthouse before breakfast",
    "İstanbul ISTANBUL ıi ẞß ŒœÆæ ĲĳǅŉΣς",
    "\u1100\u1161\u11a8 가각 각",
    "x" + "\u0301" * 40,
]


def fuzz(count):
    source = random.Random(20240607)
    ranges = [(0x20, 0x7F)] * 6 + [
        (0x00, 0x20), (0x80, 0x250), (0x300, 0x370), (0x370, 0x600), (0x600, 0x780),
        (0x900, 0xE80), (0x1100, 0x1200), (0x1E00, 0x2100), (0x2100, 0x2C00), (0x3000, 0x3100),
        (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0x10000), (0x10000, 0x11000),
        (0x1D400, 0x1D800), (0x1F300, 0x1FB00), (0x20000, 0x20100),
    ]  # fmt: skip
    for _ in range(count):
        text = ""
        for _ in range(source.randrange(1, 30)):
            low, high = source.choice(ranges)
            text += source.choice(["", " ", "", "\n", ""]) + chr(source.randrange(low, high))
        yield text


TEXTS = HARD + list(fuzz(12))
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(CORPUS.splitlines(keepends=True), trainer)


def byte_level_trainer(size):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, show_progress=False
    )


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train(tokenizer, byte_level_trainer(420))
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True)])
    tokenizer.add_tokens(
        [
            AddedToken("<|lstrip|>", lstrip=True, normalized=False),
            AddedToken("<|rstrip|>", rstrip=True, normalized=False),
            AddedToken("<|both|>", lstrip=True, rstrip=True, normalized=True),
            AddedToken("<|word|>", single_word=True, normalized=False),
            AddedToken("Normalized", normalized=True),
        ]
    )
    return tokenizer, {}


def llama3():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CL100K), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, byte_level_trainer(420))
    # A token that merges never reach, found only because whole words are looked up first.
    whole = tokenizer.get_vocab_size()
    tokenizer.add_tokens(["Ġbreakfast"])
    tokenizer.add_special_tokens(["<|begin|>", "<|end|>"])
    begin = tokenizer.token_to_id("<|begin|>")
    template = processors.TemplateProcessing(
        single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B", special_tokens=[("<|begin|>", begin)]
    )
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), template]
    )

    def edit(data):
        data["added_tokens"] = data["added_tokens"][1:]
        data["model"]["vocab"]["Ġbreakfast"] = whole
        data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]

    return tokenizer, {"edit": edit}


def qwen2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CL100K.replace(r"\p{N}{1,3}", r"\p{N}")), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train(tokenizer, byte_level_trainer(400))
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer, {}


def sentencepiece(size):
    """A BPE with byte fallback, as the converters of Llama 2 and Mistral write it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<unk>", "<s>", "</s>"] + BYTE_TOKENS,
        limit_alphabet=120,
        show_progress=False,
    )

    def edit(data):
        data["added_tokens"] = data["added_tokens"][:3]

    return tokenizer, trainer, edit


def llama2():
    tokenizer, trainer, edit = sentencepiece(640)
    replace = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), replace])
    # Train within words, then encode whole texts, as the original was made.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    train(tokenizer, trainer)

    def edit_all(data):
        edit(data)
        data["pre_tokenizer"] = None

    return tokenizer, {"edit": edit_all}


def mistral():
    tokenizer, trainer, edit = sentencepiece(640)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    train(tokenizer, trainer)

    def edit_all(data):
        edit(data)
        data["pre_tokenizer"]["split"] = False

    return tokenizer, {"edit": edit_all}


def unknown():
    """Characters that are not in the vocabulary and no byte fallback, fused."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    train(
        tokenizer,
        trainers.BpeTrainer(
            vocab_size=200,
            special_tokens=["<unk>"],
            limit_alphabet=40,
            end_of_word_suffix="</w>",
            show_progress=False,
        ),
    )
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    tokenizer.add_tokens([AddedToken("Normalized", normalized=True, single_word=True)])
    return tokenizer, {}


def write(name, tokenizer, options):
    data = json.loads(tokenizer.to_str())
    if "edit" in options:
        options["edit"](data)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    tokenizer = Tokenizer.from_str(text)
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        special = tokenizer.encode(text).ids
        case = {"text": text, "ids": ids}
        if special != ids:
            case["leading"] = len(special) - len(ids)
            assert special[case["leading"] :] == ids
        decoded = tokenizer.decode(special, skip_special_tokens=False)
        skipped = tokenizer.decode(special, skip_special_tokens=True)
        if decoded != text:
            case["decoded"] = decoded
        if skipped != decoded:
            case["skipped"] = skipped
        cases.append(case)
    empty = tokenizer.encode("").ids
    result = {"leading": empty, "size": tokenizer.get_vocab_size(), "cases": cases}
    lines = json.dumps(result, ensure_ascii=True, separators=(",", ":")).replace(
        '{"text"', '\n{"text"'
    )
    (HERE / f"{name}.cases.json").write_text(lines + "\n", encoding="ascii")
    print(name, tokenizer.get_vocab_size(), len(cases), "cases")


if __name__ == "__main__":
    for make in (gpt2, llama3, qwen2, llama2, mistral, unknown):
        write(make.__name__, *make())
