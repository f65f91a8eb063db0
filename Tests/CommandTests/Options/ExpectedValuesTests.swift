import ArgumentParser
import Arguments
import Foundation
import JSON
import TestSupport
import Testing

@testable import train_gpu

/// A value that an option does not take is refused with what was expected.
@Suite struct ExpectedValuesTests {
  /// The refusal of a value; nil where the option takes it.
  private func refusal(_ command: String, _ name: String, _ value: String) -> String? {
    do {
      _ = try TrainGPU.parseAsRoot([command, "--\(name)=\(value)"])
      return nil
    } catch {
      let line = InvalidValue.line(TrainGPU.message(for: error))
      return line.hasPrefix("The value") ? line : nil
    }
  }

  /// Every option of every command: where it does not take any text, it says what it takes, and
  /// takes that.
  @Test func everyOptionSaysWhatItTakes() throws {
    let help = try Program.run(["--experimental-dump-help"])
    let root = try JSON(parsing: Array(help.output.utf8))["command"]
    guard case .array(let commands) = root["subcommands"] else {
      Issue.record("expected commands, found \(help.output.prefix(200))")
      return
    }
    var (numbers, lists, others) = (0, 0, 0)
    for command in commands {
      guard case .string(let title) = command["commandName"],
        case .array(let options) = command["arguments"]
      else { continue }
      for option in options where option["kind"] == .string("option") {
        guard case .string(let name) = option["preferredName"]["name"],
          let line = refusal(title, name, "wr%ng")
        else { continue }
        let what = line.split(separator: "': expected ", maxSplits: 1)
        #expect(what.count == 2 && !line.contains("\n"), "\(line)")
        guard let expected = what.last.map(String.init) else { continue }
        if expected == "a whole number" {
          numbers += 1
          #expect(refusal(title, name, "7") == nil, "\(title) --\(name)")
          #expect(refusal(title, name, "0.5")?.hasSuffix(": expected a whole number") == true)
        } else if case .array(let values) = option["allValues"] {
          lists += 1
          for case .string(let value) in values {
            #expect(expected.contains(value), "\(line)")
            #expect(refusal(title, name, value) == nil, "\(title) --\(name) \(value)")
          }
        } else {
          others += 1
        }
      }
    }
    #expect(numbers > 40 && lists > 15 && others > 20, "\(numbers), \(lists), \(others)")
  }

  @Test(arguments: [
    ("Missing value for '--model <model>'", "Missing value for '--model <model>'"),
    (
      "The value 'a' is invalid for '--x <t>': expected b",
      "The value 'a' is invalid for '--x <t>': expected b"
    ),
    (
      "The value 'a' is invalid for '--x <t>'",
      "The value 'a' is invalid for '--x <t>': expected a whole number"
    ),
    (
      "The value 'a' is invalid for '<t>'",
      "The value 'a' is invalid for '<t>': expected a whole number"
    ),
    (
      "The value 'it's 'b'' is invalid for '--x <t>'",
      "The value 'it's 'b'' is invalid for '--x <t>': expected a whole number"
    ),
    (
      "The value 'a' is invalid for '--x <t>'. Please provide one of 'b'.",
      "The value 'a' is invalid for '--x <t>': expected b"
    ),
    (
      "The value 'a' is invalid for '--x <t>'. Please provide one of 'b' and 'c'.",
      "The value 'a' is invalid for '--x <t>': expected b or c"
    ),
    (
      "The value 'a' is invalid for '--x <t>'. Please provide one of 'b', 'c-d' or 'e'.",
      "The value 'a' is invalid for '--x <t>': expected b, c-d or e"
    ),
    (
      "The value 'a' is invalid for '--x <t>'. Please provide one of the following:\n  - b\n  - c_1\n  - d-e",
      "The value 'a' is invalid for '--x <t>': expected b, c_1 or d-e"
    ),
  ])
  func messagesOfTheParserAreOneLine(message: String, line: String) {
    #expect(InvalidValue.line(message) == line)
  }
}
