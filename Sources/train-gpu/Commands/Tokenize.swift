import ArgumentParser
import Distillation
import Foundation
import HuggingFace
import JSON

/// `train-gpu tokenize`: texts to token ids.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert texts to token ids.",
    discussion: """
      Reads JSON strings from standard input, one a line, and writes one JSON array of ids a line, or \
      with --json an object with the ids and the tokens as the vocabulary spells them. Of a model of \
      the hub it fetches no weights.
      """)

  @OptionGroup var model: ModelOptions

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Add special tokens such as BOS where the tokenizer does.")
  var special = true

  @Flag(help: "Print a JSON object for each line.")
  var json = false

  /// Accepted as in all commands; tokenization uses no device.
  @OptionGroup(visibility: .hidden) var common: CommonOptions

  func run() throws {
    let tokenizer = try Conditioning.tokenizer(of: model.folder(common.logger, for: .tokenizer))
    let output = BufferedOutput()
    var number = 0
    var input = StandardInput()
    while let line = try input.nextLine() {
      number += 1
      let text: JSON
      do {
        text = try JSON(parsing: line)
      } catch {
        try output.flush()
        throw UsageError(
          description: "standard input:\(number):\(error.column): \(error.reason)")
      }
      guard case .string(let string) = text else {
        try output.flush()
        throw UsageError(
          description: "standard input:\(number): expected a JSON string, found \(text.kind)")
      }
      let identifiers: [Int]
      do {
        identifiers = try tokenizer.encode(string, addingSpecialTokens: special)
      } catch {
        try output.flush()
        throw UsageError(description: "standard input:\(number): \(error)")
      }
      let list = JSON.array(identifiers.map { .integer($0) })
      guard json else {
        try output.write("\(list.text())\n")
        continue
      }
      let tokens = identifiers.map { JSON.string(tokenizer.token(of: $0) ?? "") }
      try output.write("\(JSON.object(["ids": list, "tokens": .array(tokens)]).text())\n")
    }
    try output.flush()
  }
}
