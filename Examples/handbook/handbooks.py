"""Synthetic handbooks: facts stated in varied words, and questions about them in other words."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

SOURCE = tomllib.loads((Path(__file__).parent / "topics.toml").read_text())
TOPICS = SOURCE["topic"]
BOS, EOS = "<s>", "</s>"


@dataclass
class Question:
    prompt: str  # ends where the answer begins
    completion: str  # the answer and the end-of-sequence token

    @property
    def answer(self):
        return self.completion.removesuffix(EOS).strip()


@dataclass
class Handbook:
    place: str
    text: str  # ends in a newline; empty for a reader who has no handbook
    facts: dict[int, str]  # topic number to value

    def ask(self, topic, wording, opening):
        """One question of a topic, in one of its six wordings, behind one of the openings."""
        question = TOPICS[topic]["questions"][wording].format(place=self.place)
        question = SOURCE["openings"][opening].format(question=question)
        return Question(f"Q: {question}\nA:", f" {self.facts[topic]}{EOS}")

    def ask_all(self, rng):
        """One question about every fact of this handbook, in random order and wording."""
        openings = range(len(SOURCE["openings"]))
        return [self.ask(topic, rng.randrange(6), rng.choice(openings))
                for topic in rng.sample(sorted(self.facts), len(self.facts))]


def write_handbook(rng: random.Random, fact_count: int, by_section: bool = False) -> Handbook:
    """Draws facts and words them, with sentences in between that answer nothing.

    Everything stands in random order; by section, the facts stand in the order of topics.toml, a
    paragraph a section, and the other sentences open and close the handbook.
    """
    house, name = rng.choice(SOURCE["houses"]), rng.choice(SOURCE["names"])
    topics = rng.sample(range(len(TOPICS)), fact_count)
    facts = {topic: rng.choice(TOPICS[topic]["values"]) for topic in topics}
    fillers = rng.sample(SOURCE["fillers"], rng.randint(fact_count // 4, fact_count // 3))

    def state(topic):
        return rng.choice(TOPICS[topic]["statements"]).format(place=house, value=facts[topic])

    if by_section:
        paragraphs = [fillers[::2]]
        for section in dict.fromkeys(topic["section"] for topic in TOPICS):
            paragraphs.append([state(t) for t in sorted(topics) if TOPICS[t]["section"] == section])
        paragraphs.append(fillers[1::2])
    else:
        sentences = [state(topic) for topic in topics] + fillers
        rng.shuffle(sentences)
        paragraphs = [[]]
        for sentence in sentences:
            paragraphs[-1].append(sentence)
            if rng.random() < 0.2:
                paragraphs.append([])
    title = f"Handbook of the {name} {house.title()}"
    text = "\n\n".join([title] + [" ".join(sentences) for sentences in paragraphs if sentences])
    return Handbook(house, text + "\n", facts)


def without_text(handbook: Handbook) -> Handbook:
    """The same facts for a reader who was not given the handbook."""
    return Handbook(handbook.place, "", handbook.facts)
