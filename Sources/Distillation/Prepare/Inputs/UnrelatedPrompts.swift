import Foundation
import HuggingFace
import JSON

/// Prompts that have nothing to do with a context, on which drift is measured.
enum UnrelatedPrompts {
  /// The most tokens of the bare model's answer to a prompt without a response.
  static let answerTokens = 32

  /// The prompts of a file, or the built-in ones.
  ///
  /// A built-in prompt that the tokenizer or the template refuses, or that does not fit the model's
  /// positions, is left out; after a context of token ids there are none.
  ///
  /// - Parameters:
  ///   - url: the user's file; nil takes the built-in ones.
  ///   - rows: the most tokens before a prompt.
  ///   - positions: the model's longest text.
  /// - Throws: where a line of the file is no example, or too long.
  static func read(
    _ url: URL?, _ reader: PromptReader, prefix rows: Int, positions: Int
  ) throws(DistillationError) -> [InputExample] {
    if let url {
      let data = try Dataset.read(url, reader: reader)
      try data.checkLengths(responseTokens: answerTokens, positions: positions) { _ in rows }
      return data.examples
    }
    guard case .text = reader.form else { return [] }
    return builtIn.enumerated().compactMap { index, text in
      let object = JSONNode(.object(["prompt": .string(text)]), file: builtInName)
      guard
        let tokens = try? reader.read(.text(prompt: text, completion: nil), at: object),
        rows + tokens.prompt.count + answerTokens <= positions
      else { return nil }
      return InputExample(
        prompt: tokens.prompt, response: nil, line: index + 1, file: builtInName)
    }
  }

  /// The longest prompt with its answer, in tokens.
  static func longest(_ prompts: [InputExample]) -> Int {
    prompts.map { $0.prompt.count + ($0.response?.count ?? answerTokens) }.max() ?? 0
  }

  private static let builtInName = "the built-in prompts"

  /// Everyday questions and requests, in plain English, of different kinds.
  static let builtIn = [
    "What is the capital of France?",
    "How many days does a leap year have?",
    "Write a short poem about the sea.",
    "Explain in two sentences how a rainbow is made.",
    "What is 17 times 6?",
    "Give me three tips for a better night's sleep.",
    "Translate \"good morning, my friend\" into Spanish.",
    "Who wrote Romeo and Juliet?",
    "How do I boil an egg so that the yolk stays soft?",
    "Name five animals that live in the desert.",
    "What is the difference between a virus and a bacterium?",
    "Suggest a name for a small coffee shop near a river.",
    "Write one sentence that describes an old wooden door.",
    "Why is the sky blue during the day?",
    "What should I pack for a weekend in the mountains?",
    "Correct this sentence: \"She don't likes apples.\"",
    "Sort these words by the alphabet: pear, apple, plum, cherry.",
    "What does it mean when a friend says \"break a leg\"?",
    "How far is the Moon from the Earth?",
    "Write a polite message that cancels a dentist's appointment.",
    "If a train leaves at 14:35 and arrives at 16:10, how long does it take?",
    "What are the ingredients of a simple tomato soup?",
    "Tell me a joke about a cat and a piano.",
    "Which planet of the solar system is the largest?",
  ]
}
