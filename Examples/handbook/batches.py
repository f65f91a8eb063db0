"""Handbooks with questions as tensors, and the tokenizer that makes token ids of them."""

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from handbooks import BOS, EOS, TOPICS, write_handbook

BOS_ID, EOS_ID = 0, 1


def train_tokenizer(rng, vocabulary=3072):
    """Byte-level BPE, as in GPT-2 and Llama 3, on text in which every word of ours is frequent.

    The merges run out before `vocabulary` is reached: every word is one token then.
    """
    def texts():
        for _ in range(2000):
            handbook = write_handbook(rng, len(TOPICS))
            yield handbook.text
            for question in handbook.ask_all(rng):
                yield question.prompt + question.completion.removesuffix(EOS)

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts(), trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=[BOS, EOS], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A $B",
        special_tokens=[(BOS, BOS_ID), (EOS, EOS_ID)])
    return tokenizer


class Batch:
    """One handbook with its questions a row.

    Every question is placed right after the handbook and sees the handbook and itself only, as if
    it had been asked alone.
    """

    def __init__(self, tokenizer: Tokenizer, items):
        rows = [self.lay_out(tokenizer, handbook, questions) for handbook, questions in items]
        length = max(len(ids) for ids, *_ in rows)

        def padded(column, value):
            return torch.tensor([row[column] + [value] * (length - len(row[column]))
                                 for row in rows])

        self.ids = padded(0, EOS_ID)
        self.targets = self.ids.roll(-1, dims=1)
        self.positions = padded(1, 0)
        blocks = padded(2, -1)
        self.spans = [row[3] for row in rows]

        query, key = blocks[:, None, :, None], blocks[:, None, None, :]
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        self.mask = causal & ((key == query) | ((key == 0) & (query > 0)))

        # Row i predicts token i + 1; the last row of a block predicts nothing.
        predicts = F.pad((blocks[:, 1:] == blocks[:, :-1]) & (blocks[:, 1:] >= 0), (0, 1))
        self.answer_rows = torch.zeros_like(predicts)
        for row, spans in enumerate(self.spans):
            for start, end in spans:
                self.answer_rows[row, start - 1:end - 1] = True
        self.other_rows = predicts & ~self.answer_rows

    @staticmethod
    def lay_out(tokenizer, handbook, questions):
        """Token ids, positions, blocks (0: the handbook, n: question n) and the answers' spans."""
        ids = tokenizer.encode(handbook.text).ids
        start, positions, blocks, spans = len(ids), list(range(len(ids))), [0] * len(ids), []
        for number, question in enumerate(questions, start=1):
            prompt = tokenizer.encode(question.prompt, add_special_tokens=False).ids
            answer = tokenizer.encode(question.completion, add_special_tokens=False).ids
            spans.append((len(ids) + len(prompt), len(ids) + len(prompt) + len(answer)))
            ids += prompt + answer
            positions += range(start, start + len(prompt) + len(answer))
            blocks += [number] * (len(prompt) + len(answer))
        return ids, positions, blocks, spans

    def hidden(self, model):
        return model(model.model.embed_tokens(self.ids), self.positions, self.mask)

    def answered(self, model):
        """For each question, whether every token of its answer is the model's likeliest one.

        Greedy decoding writes the answer exactly when this holds, because until it errs it has
        written the same tokens.
        """
        right = model.lm_head(self.hidden(model)).argmax(-1) == self.targets
        return [bool(right[row, start - 1:end - 1].all())
                for row, spans in enumerate(self.spans) for start, end in spans]
