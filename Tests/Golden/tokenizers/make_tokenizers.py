"""Makes the small tokenizers of this folder and what Python's `tokenizers` does with them.

    pip install tokenizers==0.23.3
    python3 make_tokenizers.py

NAME.json is a tokenizer.json; NAME.cases.json holds texts with their ids and what those decode to.
components.jsonl holds single normalizers, pre-tokenizers and decoders with what each makes of texts.
Training has no random part; the texts of the fuzz cases come from random.Random(20240607).
"""

import json
import math
import random
import struct
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


TEXTS = HARD + list(fuzz(4))
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train(tokenizer, trainer, limit=0x110000):
    """Trains on the lines of CORPUS whose characters are all below limit; so some stay unknown.

    (The trainer's own limit_alphabet picks differently from run to run.)
    """
    lines = CORPUS.splitlines(keepends=True)
    tokenizer.train_from_iterator([line for line in lines if ord(max(line)) < limit], trainer)


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
    train(tokenizer, trainer, limit=0x500)

    def edit_all(data):
        edit(data)
        data["pre_tokenizer"] = None

    return tokenizer, {"edit": edit_all}


def mistral():
    tokenizer, trainer, edit = sentencepiece(640)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    train(tokenizer, trainer, limit=0x500)

    def edit_all(data):
        edit(data)
        data["pre_tokenizer"]["split"] = False

    return tokenizer, {"edit": edit_all}


def gemma():
    """Whole texts without a prefix; runs of white space are tokens of the model and added ones."""
    tokenizer, trainer, edit = sentencepiece(640)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    train(tokenizer, trainer, limit=0x500)
    runs = ["\n\n", "\n\n\n", "▁▁", "▁▁▁"]
    tokenizer.add_tokens([AddedToken(run, normalized=False) for run in runs])
    tokenizer.add_special_tokens(["<start_of_turn>"])

    def edit_all(data):
        special = data["added_tokens"][:3]
        data["added_tokens"] = special + data["added_tokens"][-len(runs) - 1 :]
        data["pre_tokenizer"] = {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        }
        # The runs are in the vocabulary too, and merges reach those of spaces.
        vocabulary = data["model"]["vocab"]
        for token in data["added_tokens"][3:]:
            vocabulary[token["content"]] = token["id"]
        data["model"]["merges"] += [["▁", "▁"], ["▁▁", "▁"]]

    return tokenizer, {"edit": edit_all}


def neox():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False)
    train(tokenizer, byte_level_trainer(400))
    tokenizer.add_special_tokens(["<|end|>"])
    tokenizer.add_tokens([AddedToken(" " * count, normalized=True) for count in (8, 4, 3, 2)])
    return tokenizer, {}


def falcon():
    """Bytes become letters before digits are cut."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            pre_tokenizers.Digits(False),
            pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train(tokenizer, byte_level_trainer(420))
    tokenizer.add_special_tokens([">>TITLE<<", "<|end|>"])
    return tokenizer, {}


def granite():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    train(tokenizer, byte_level_trainer(400))
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer, {}


def decorated():
    """Decorated characters, and characters that are not in the vocabulary and fuse into one."""
    merges = [
        ("t", "##h"), ("th", "##e</w>"), ("##e", "##r"), ("##er", "##e</w>"), ("s", "##h"),
        ("##i", "##p"), ("sh", "##ip"), ("ship", "##s</w>"), ("##e", "##r</w>"), ("##l", "##l</w>"),
        ("##o", "##u"), ("##n", "##t"), ("c", "##ou"), ("cou", "##nt"), ("count", "##s</w>"),
    ]  # fmt: skip
    letters = "abcdefghijklmnopqrstuvwxyz0123456789'"
    tokens = ["<unk>"]
    for end in ["", "</w>"]:
        for start in ["", "##"]:
            tokens += [start + letter + end for letter in letters]
    tokens += [left + right.removeprefix("##") for left, right in merges]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: index for index, token in enumerate(tokens)},
            merges=merges,
            unk_token="<unk>",
            fuse_unk=True,
            continuing_subword_prefix="##",
            end_of_word_suffix="</w>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    tokenizer.add_tokens([AddedToken("Normalized", normalized=True, single_word=True)])
    return tokenizer, {}


def unigram():
    # Frequent substrings of words; the library's own trainer differs from run to run.
    counts = {}
    for line in CORPUS.splitlines():
        for word in line.split():
            word = "▁" + word if ord(max(word)) < 0x500 else ""
            for start in range(len(word)):
                for end in range(start + 1, min(start + 9, len(word)) + 1):
                    piece = word[start:end]
                    counts[piece] = counts.get(piece, 0) + 1
    ranked = sorted(counts, key=lambda piece: (-counts[piece] * len(piece), piece))
    best = [piece for piece in ranked if len(piece) == 1][:70]
    best += [piece for piece in ranked if len(piece) > 1][:210]
    total = sum(counts[piece] for piece in best)
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(piece, math.log(counts[piece] / total)) for piece in best]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(CHARSMAP), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", end)]
    )
    return tokenizer, {}


def unigram_bytes():
    """A unigram model with byte fallback, over whole texts."""
    pieces = [("<unk>", 0.0), ("<s>", 0.0)] + [(token, 0.0) for token in BYTE_TOKENS]
    words = "▁ ▁the ▁ship ▁ships s t e h ▁count count counts ed er ▁keep ▁▁ ▁▁▁▁ \n e\u0301 a aa aaaa"
    for index, word in enumerate(words.split(" ")):
        pieces.append((word, -2.0 - index / 8))
    for index, letter in enumerate("bcdfgijklmnopqruvwxyz0123456789.,'"):
        pieces.append((letter, -7.0 - index / 16))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>"])
    return tokenizer, {}


def charsmap(rules):
    """The precompiled_charsmap of SentencePiece: a double array over UTF-8, then the replacements.

    A unit holds a label in bits 0-7, whether a value follows in bit 8, and the offset to its
    children in bits 10 up; the value of a key stands at the child of label 0 with bit 31 set.
    """
    blob = b""
    root = {}
    for source, target in rules.items():
        node = root
        for byte in source.encode():
            node = node.setdefault(byte, {})
        node[None] = len(blob)
        blob += target.encode() + b"\0"
    units = {0: 0}

    def place(node, position):
        labels = [0 if byte is None else byte for byte in node]
        offset = 1
        while any(position ^ offset ^ label in units for label in labels):
            offset += 1
        units[position] |= offset << 10 | (256 if None in node else 0)
        for label in labels:
            units[position ^ offset ^ label] = label
        for byte, child in node.items():
            if byte is None:
                units[position ^ offset] = child | 1 << 31
            else:
                place(child, position ^ offset ^ byte)

    place(root, 0)
    array = [units.get(index, 0) for index in range(max(units) // 256 * 256 + 256)]
    return struct.pack(f"<I{len(array)}I", len(array) * 4, *array) + blob


CHARSMAP = charsmap(
    {
        "\r": " ", "\n": " ", "\t": " ", "\u00a0": " ", "\u3000": " ", "\u200b": "", "\ufeff": "",
        "ﬁ": "fi", "½": "1⁄2", "²": "2", "ｶ": "カ", "ﾞ": "\u3099", "ｶﾞ": "ガ", "e\u0301": "é",
        "A\u030a": "Å", "Å": "Å", "Ⅻ": "XII", "𝒜": "A", "，": ",", "\u0007": "", "☎": "tel",
    }
)  # fmt: skip

REGULAR_EXPRESSIONS = [
    # GPT-2, Llama 3 and Qwen2 in the spelling that has a scanner, then spellings that have not.
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    CL100K,
    CL100K.replace(r"\p{N}{1,3}", r"\p{N}"),
    CL100K.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'[sS]|'[tT]|'[mM]|'[dD]|'[lL]{2})"),
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥ࠀ-一가-\ud7ff]+".replace("\\ud7ff", "\ud7ff"),
    r"\s?\p{L}+",
    r"\s?\p{P}+",
    r"[^\s]+|\s+",
    r"[0-9][0-9][0-9]",
    r"\d{1,3}(?=(?:\d{3})*\b)".replace(r"\b", r"(?!\d)"),
    r"[\p{Han}]+|[^\p{Han}\s]+",
    r"[\p{L}&&[^\p{Han}]]+",
    r"\w+|\W",
    r"^.|.$",
    r"(?<=\n)x|\h+|\v",
    r" {2,}",
    r"a{,2}b|\{x}|\p{^L}\P{L}",
]


def components():
    """What single components make of HARD, for tests that need no model."""
    normal = [
        normalizers.NFC(), normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(),
        normalizers.Lowercase(), normalizers.Strip(), normalizers.Strip(left=False),
        normalizers.Strip(right=False), normalizers.StripAccents(), normalizers.Nmt(),
        normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
        normalizers.Replace("e", ""), normalizers.Replace("  ", "▁"), normalizers.Prepend("▁"),
        normalizers.Replace(Regex(r"\s+"), " "), normalizers.Replace(Regex("a*"), "-"),
        normalizers.Precompiled(CHARSMAP), normalizers.ByteLevel(),
    ]  # fmt: skip
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    split = (
        [pre_tokenizers.Split(Regex(expression), "isolated") for expression in REGULAR_EXPRESSIONS]
        + [pre_tokenizers.Split(" ", behavior) for behavior in behaviors]
        + [pre_tokenizers.Split(Regex(r"\p{L}+"), behavior, True) for behavior in behaviors]
        + [pre_tokenizers.Punctuation(behavior) for behavior in behaviors]
        + [
            pre_tokenizers.Metaspace(prepend_scheme="always"),
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
            pre_tokenizers.Metaspace(prepend_scheme="never"),
            pre_tokenizers.ByteLevel(), pre_tokenizers.Digits(),
            pre_tokenizers.Digits(True), pre_tokenizers.Whitespace(),
            pre_tokenizers.WhitespaceSplit(), pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.CharDelimiterSplit("e"), pre_tokenizers.FixedLength(3),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
            pre_tokenizers.Sequence(
                [
                    pre_tokenizers.Punctuation("contiguous"),
                    pre_tokenizers.ByteLevel(False),
                    pre_tokenizers.Digits(False),
                    pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
                ]
            ),
        ]
    )  # fmt: skip
    back = [
        decoders.ByteLevel(), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 2, 0),
        decoders.Metaspace(), decoders.Metaspace(prepend_scheme="never"),
        decoders.Replace("▁", " "), decoders.Replace(Regex(r"\s+"), "_"),
        decoders.BPEDecoder("</w>"),
    ]  # fmt: skip
    tokens = [
        ["▁Hello", "▁wor", "ld", "▁", "!"], ["<0xE4>", "<0xBD>", "<0xA0>", "x", "<0xE4>", "<0xBD>"],
        ["ĠÃ", "©", "Ċ", "â", "中"], ["  a  ", "   ", " ", "", "b "], ["lo</w>", "w", "er</w>"],
        ["<0xzz>", "<0x0a>", "<0x41>x", "\n\t"], ["é", "▁▁x▁", "</w>"],
    ]  # fmt: skip

    result = []
    for component in normal:
        outputs = [component.normalize_str(text) for text in HARD]
        result.append(("normalizer", state(component), HARD, outputs))
    for component in split:
        outputs = [[piece for piece, _ in component.pre_tokenize_str(text)] for text in HARD]
        result.append(("pre_tokenizer", state(component), HARD, outputs))
    for component in back:
        outputs = [component.decode(list(texts)) for texts in tokens]
        result.append(("decoder", state(component), tokens, outputs))
    return result


def state(component):
    return json.loads(component.__getstate__())


def short(text, output):
    """Nothing where nothing changes; lengths in scalars where a text is only split."""
    if output == text or output == [text]:
        return None
    if isinstance(output, list) and "".join(output) == text:
        return [len(piece) for piece in output]
    return output


def write_components():
    lines = []
    for kind, configuration, inputs, outputs in components():
        lines.append(
            json.dumps(
                {
                    "kind": kind,
                    "component": configuration,
                    "outputs": [short(*pair) for pair in zip(inputs, outputs)],
                },
                ensure_ascii=False,
                separators=(",", ":"),
            )
        )
    inputs = {"texts": HARD, "tokens": components()[-1][2]}
    head = json.dumps(inputs, separators=(",", ":"))
    (HERE / "components.jsonl").write_text("\n".join([head] + lines) + "\n", encoding="utf-8")
    print("components", len(lines))


def write(name, tokenizer, options):
    data = json.loads(tokenizer.to_str())
    if "edit" in options:
        options["edit"](data)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    tokenizer = Tokenizer.from_str(text)
    # What the post-processor puts around a text, and what that looks like.
    around = tokenizer.encode("\n").ids
    inner = tokenizer.encode("\n", add_special_tokens=False).ids
    start = next(i for i in range(len(around) + 1) if around[i : i + len(inner)] == inner)
    leading, trailing = around[:start], around[start + len(inner) :]
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        special = tokenizer.encode(text).ids
        case = {"text": text, "ids": ids}
        assert special == leading + ids + trailing
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        skipped = tokenizer.decode(special, skip_special_tokens=True)
        if decoded != text:
            case["decoded"] = decoded
        if skipped != decoded:
            case["skipped"] = skipped
        cases.append(case)
    size = tokenizer.get_vocab_size()
    result = {
        "leading": leading,
        "trailing": trailing,
        "around": tokenizer.decode(around, skip_special_tokens=False),
        "size": size,
        "cases": cases,
    }
    lines = json.dumps(result, ensure_ascii=True, separators=(",", ":")).replace(
        '{"text"', '\n{"text"'
    )
    (HERE / f"{name}.cases.json").write_text(lines + "\n", encoding="ascii")
    print(name, tokenizer.get_vocab_size(), len(cases), "cases")


if __name__ == "__main__":
    byte_level = (gpt2, llama3, qwen2, neox, falcon, granite)
    for make in (*byte_level, llama2, mistral, gemma, decorated, unigram, unigram_bytes):
        write(make.__name__, *make())
    write_components()
