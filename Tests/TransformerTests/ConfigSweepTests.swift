import Foundation
import HuggingFace
import JSON
import Testing
import Transformer

/// The table of Tests/Golden/config-keys, with the outcome of each change of a config.json next to
/// transformers'.
@Suite struct ConfigSweepTests {
  static let results = GoldenModel.families.deletingLastPathComponent()
    .appending(path: "config-keys/results")

  static let names: [String] = {
    let found = try? FileManager.default.contentsOfDirectory(atPath: results.path)
    return (found ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func everyModelOfEveryFamilyWasSwept() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: GoldenModel.families.path)
      .filter { name in
        let config = GoldenModel.families.appending(path: "\(name)/config.json")
        return FileManager.default.fileExists(atPath: config.path)
      }
    #expect(Self.names == folders.sorted())
    let swept = try Set(
      Self.names.map { name in
        let config = try JSONNode(
          contentsOf: GoldenModel.families.appending(path: "\(name)/config.json"))
        return try config.required("model_type") as String
      })
    #expect(swept == Set(DecoderConfiguration.supportedFamilies))
  }

  @Test(arguments: names)
  func changesAreReadOrRefusedAsTheTableSays(name: String) throws {
    let config = try JSONNode(
      contentsOf: GoldenModel.families.appending(path: "\(name)/config.json"))
    let table = try JSONNode(contentsOf: Self.results.appending(path: "\(name).json"))
    let found = try [JSONNode](reading: table)
    let rows = try #require(found)
    #expect(rows.count > 40)
    for row in rows {
      let change: JSONNode = try row.required("change")
      let changed = JSONNode(Self.merged(config.json, change.json), file: "config.json")
      let verdict: String = try row.required("pith")
      let comment = Comment(rawValue: "\(name): \(change.json)")
      switch verdict {
      case "agrees":
        #expect(throws: Never.self, comment) { try DecoderConfiguration(config: changed) }
      case "refuses":
        let message: String = try row.required("message")
        // The others are refused because of the weights.
        guard message.hasPrefix("config.json: ") else { continue }
        let error = #expect(throws: TransformerError.self, comment) {
          try DecoderConfiguration(config: changed)
        }
        #expect(error?.description == message, comment)
      default:
        #expect(verdict == "runs", comment)
      }
    }
  }

  /// The config with a change; for gemma3 in its text config, which has the decoder's keys.
  private static func merged(_ config: JSON, _ change: JSON) -> JSON {
    guard case .object(var object) = config, case .object(let change) = change else {
      return config
    }
    if let text = object["text_config"], !change.keys.contains("tie_word_embeddings") {
      object["text_config"] = merged(text, .object(change))
    } else {
      for (key, value) in change.members {
        object[key] = value == .string("(absent)") ? nil : value
      }
    }
    return .object(object)
  }
}
