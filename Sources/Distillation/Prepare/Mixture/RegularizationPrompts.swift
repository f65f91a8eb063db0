internal import Compute
import HuggingFace

/// Prompts that have nothing to do with any context. Answered by the teacher, they keep the learned
/// prompt from changing what it need not change.
enum RegularizationPrompts {
  /// The name in the place of a file, in `answers.jsonl` and for messages.
  private static let file = "prompts about other things"

  /// Requests, each about one of the subjects.
  static let requests = [
    "Explain # in two sentences.", "Write a short poem about #.",
    "Name three interesting facts about #.", "Tell a child what # is.",
    "What are the advantages and the disadvantages of #?",
    "Write the first paragraph of a story in which # matters.",
    "Give me five words that come to mind with #.", "Why do people care about #?",
    "Translate the words for # into French.", "Write a friendly e-mail to a colleague about #.",
    "List the steps to learn more about #.", "What is a common mistake about #?",
  ]

  /// What the requests are about.
  static let subjects = [
    "the moon", "bread", "mountain climbing", "the violin", "bees", "the Roman Empire",
    "prime numbers", "football", "rain", "a good night's sleep", "bicycles", "photosynthesis",
    "chess", "volcanoes", "the sea", "budgeting", "green tea", "public libraries", "elephants",
    "the printing press", "gardening", "vaccination", "jazz", "train journeys",
  ]

  /// The most examples: one of each request about each subject.
  static var limit: Int { requests.count * subjects.count }

  /// Examples without a response, all different.
  ///
  /// - Parameter parts: what the teacher reads before them, one at random before each.
  /// - Throws: when the context is given as token ids, which no text goes with.
  static func examples(
    _ count: Int, after parts: [ContextPart], _ conditioning: Conditioning,
    _ random: inout SplitMix64
  ) throws(DistillationError) -> [InputExample] {
    var examples: [InputExample] = []
    for (index, chosen) in random.subset(of: limit, count: min(count, limit)).enumerated() {
      let text = requests[chosen % requests.count].replacing(
        "#", with: subjects[chosen / requests.count])
      guard conditioning.reader.isText else {
        throw .option(
          .regularize, expected: "0 with a context of token ids", found: "a share above 0")
      }
      let prompt = try conditioning.prompt(text)
      examples.append(
        InputExample(
          prompt: prompt.identifiers, response: nil, isCut: prompt.isCut,
          context: parts[random.number(below: parts.count)], line: index + 1, file: file))
    }
    return examples
  }
}
