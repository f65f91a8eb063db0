import ArgumentParser
import Arguments
import Foundation
import JSON
import TestSupport
import Testing

@testable import train_gpu

/// A value that an option does not take is refused with what was expected.
@Suite struct ExpectedValuesTests {
  /// How many options take a whole number, one of some names, and what they say themselves.
  private typealias Kinds = (numbers: Int, lists: Int, others: Int)

  @Test func everyOptionSaysWhatItTakes() throws {
    let found = try kinds(of: Program.url) { command, option in
      do {
        _ = try TrainGPU.parseAsRoot([command, option])
        return nil
      } catch {
        return InvalidValue.line(TrainGPU.message(for: error))
      }
    }
    #expect(found.numbers > 40 && found.lists > 15 && found.others > 20, "\(found)")
  }

  /// Nothing is measured: an option that there is not is refused after the values.
  @Test func everyOptionOfTheBenchmarksSaysWhatItTakes() throws {
    let bench = Program.url.deletingLastPathComponent().appending(path: "pith-bench")
    let found = try kinds(of: bench) { command, option in
      let result = try Program.run([command, option, "--no-such-option"], of: bench)
      #expect(result.code == 2 && result.errorLines.count == 1, "\(command) \(option): \(result)")
      return String(result.errors.trimmingPrefix("pith-bench: "))
        .trimmingCharacters(in: .newlines)
    }
    #expect(found.numbers > 20 && found.lists > 3 && found.others > 3, "\(found)")
  }

  /// Every option of every command of a program: where it does not take any text, it says what it
  /// takes, and takes that.
  ///
  /// - Parameter message: what the program says of an option with a value; nil where it takes it.
  private func kinds(
    of program: URL, _ message: (_ command: String, _ option: String) throws -> String?
  ) throws -> Kinds {
    func refusal(_ command: String, _ name: String, _ value: String) throws -> String? {
      let line = try message(command, "--\(name)=\(value)")
      return line?.hasPrefix("The value") == true ? line : nil
    }
    let help = try Program.run(["--experimental-dump-help"], of: program)
    let root = try JSON(parsing: Array(help.output.utf8))["command"]
    guard case .array(let commands) = root["subcommands"] else {
      Issue.record("expected commands, found \(help.output.prefix(200))")
      return (0, 0, 0)
    }
    var (numbers, lists, others) = (0, 0, 0)
    for command in commands {
      guard case .string(let title) = command["commandName"],
        case .array(let options) = command["arguments"]
      else { continue }
      for option in options where option["kind"] == .string("option") {
        guard case .string(let name) = option["preferredName"]["name"],
          let line = try refusal(title, name, "wr%ng")
        else { continue }
        let what = line.split(separator: "': expected ", maxSplits: 1)
        #expect(what.count == 2 && !line.contains("\n"), "\(line)")
        guard let expected = what.last.map(String.init) else { continue }
        if expected == "a whole number" {
          numbers += 1
          #expect(try refusal(title, name, "7") == nil, "\(title) --\(name)")
          #expect(try refusal(title, name, "0.5")?.hasSuffix(": expected a whole number") == true)
        } else if case .array(let values) = option["allValues"] {
          lists += 1
          for case .string(let value) in values {
            #expect(expected.contains(value), "\(line)")
            #expect(try refusal(title, name, value) == nil, "\(title) --\(name) \(value)")
          }
        } else {
          others += 1
        }
      }
    }
    return (numbers, lists, others)
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
