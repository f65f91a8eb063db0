import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// A folder with the files of a small distillation.
struct Workspace {
  let folder: TemporaryFolder
  let model: String
  let context: String
  let inputs: String
  let validation: String
  /// The output folder, which does not exist at first.
  let output: URL

  static let contextText = "the cab has a bad back; a cabbage is abaca. "

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder).path
    context = try folder.write("context.txt", Self.contextText).path
    inputs = try folder.write(
      "inputs.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      {"prompt": "a cabbage is"}
      {"prompt": "back", "completion": "; a"}
      {"prompt": "has a", "completion": " bad"}
      """
    ).path
    validation = try folder.write(
      "validation.jsonl",
      """
      {"prompt": "cab", "completion": " has a"}
      {"prompt": "is"}
      """
    ).path
    output = folder.url.appending(path: "run")
  }

  /// The arguments of a small distillation, without `--output`.
  var arguments: [String] {
    [
      "distill", "--model", model, "--context", context, "--inputs", inputs, "--validation",
      validation, "--device", "cpu", "--threads", "1", "--tokens", "3", "--batch-size", "2",
      "--evaluate-every", "4", "--response-tokens", "4", "--learning-rate", "0.05",
    ]
  }

  /// These and further arguments, which take the place of those of the same name.
  func arguments(with more: [String]) -> [String] {
    var own = arguments
    if more.contains("--context"), let first = own.firstIndex(of: "--context") {
      own.removeSubrange(first...(first + 1))
    }
    return (own + more).overridden
  }

  /// Distils into the output folder.
  func distill(_ more: [String] = [], to output: URL? = nil) throws -> Program.Result {
    try Program.run(arguments(with: more) + ["--output", (output ?? self.output).path])
  }

  /// Expects that a distillation with these further arguments is refused, and that nothing is
  /// written.
  func expectRefusal(
    _ more: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Program.expectRefusal(
      arguments(with: more) + ["--output", output.path], message, sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: output.path), sourceLocation: sourceLocation)
  }

  /// A JSON file of the output folder.
  func json(_ name: String, in output: URL? = nil) throws -> JSON {
    let url = (output ?? self.output).appending(path: name)
    return try JSON(parsing: [UInt8](Data(contentsOf: url)))
  }

  /// The soft prompt of a finished run.
  func softPrompt(in output: URL? = nil) throws -> [Float] {
    let url = (output ?? self.output).appending(path: "soft_prompt.safetensors")
    return try SafetensorsFile(contentsOf: url).floats(of: "soft_prompt")
  }

  /// The steps of `metrics.jsonl`.
  func steps(in output: URL? = nil) throws -> [JSONObject] {
    let output = output ?? self.output
    let text = try String(contentsOf: output.appending(path: "metrics.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      guard case .object(let members) = try JSON(parsing: Array(line.utf8)) else {
        throw CocoaError(.fileReadCorruptFile)
      }
      return members
    }
  }
}

extension JSON {
  /// The member of an object; null where there is none.
  subscript(key: String) -> JSON {
    if case .object(let members) = self { members[key] ?? .null } else { .null }
  }

  /// The keys of an object, sorted.
  var sortedKeys: [String] {
    if case .object(let members) = self { members.keys.sorted() } else { [] }
  }

  /// A number of either kind.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
