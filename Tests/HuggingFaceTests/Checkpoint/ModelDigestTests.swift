import Files
import Foundation
import Safetensors
import TestSupport
import Testing

@testable import HuggingFace

/// What tells models apart by all of their weights.
@Suite("ModelDigest")
struct ModelDigestTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func model(_ name: String, _ tensors: [(String, [Int], [Float])]) throws -> ModelFolder {
    try folder.write("\(name)/config.json", "{}")
    let url = folder.url.appending(path: name)
    try SafetensorsWriter.write(
      tensors.map { (name: $0.0, shape: $0.1, elements: $0.2) },
      to: url.appending(path: "model.safetensors"))
    return try ModelFolder(at: url)
  }

  private func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
  }

  @Test func itIsOfNamesShapesAndBytes() throws {
    let (first, second): ([Float], [Float]) = ([1, 2, 3], [4])
    let found = try model("a", [("b", [1], second), ("a", [3, 1], first)]).weightsDigest()
    var text = Array("a F32 [3, 1]\n".utf8) + SHA256.digest(of: bytes(first))
    text += Array("b F32 [1]\n".utf8) + SHA256.digest(of: bytes(second))
    #expect(found == SHA256.hexadecimal(of: text))
  }

  /// Behind the first bytes of a tensor, at its end, and in each of several blocks.
  @Test(arguments: [100, 255, 8 << 18, (8 << 18) + 1, (8 << 18) + 299])
  func everyElementCounts(place: Int) throws {
    let count = place < 1000 ? 256 : (8 << 18) + 300
    var values = [Float](repeating: 0.5, count: count)
    let before = try model("before", [("w", [count], values)])
    values[place] = 0.25
    let after = try model("after", [("w", [count], values)])
    #expect(try before.fingerprint() == after.fingerprint())
    #expect(try before.weightsDigest() != after.weightsDigest())
    #expect(try before.weightsDigest() == before.withoutAdapters.weightsDigest())
  }

  @Test func aGGUFFileHasOneToo() throws {
    var file = TinyGGUF.file
    let before = try ModelFolder(at: folder.write("a.gguf", file.bytes))
    file.tensors[11].bytes[3000] ^= 1
    let after = try ModelFolder(at: folder.write("b.gguf", file.bytes))
    #expect(try before.fingerprint() == after.fingerprint())
    #expect(try before.weightsDigest() != after.weightsDigest())
  }

  @Test func adaptersHaveOneOfTheirOwn() throws {
    let base = try model("base", [("w", [1], [1])])
    #expect(base.adaptersDigest() == nil)
    #expect(try base.contentsDigest() == base.weightsDigest())
    func adapter(_ name: String, _ last: Float) throws -> ModelFolder {
      let config = try folder.write(
        "\(name)/adapter_config.json",
        #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q"]}"#)
      let url = config.deletingLastPathComponent()
      var values = [Float](repeating: 1, count: 200)
      values[199] = last
      try SafetensorsWriter.write(
        [
          (name: "base_model.model.q.lora_A.weight", shape: [2, 100], elements: values),
          (name: "base_model.model.q.lora_B.weight", shape: [100, 2], elements: values),
        ], to: url.appending(path: "adapter_model.safetensors"))
      var model = base
      model.adapters = [try LoRAAdapter(folder: url)]
      return model
    }
    let (one, other) = (try adapter("one", 1), try adapter("other", 2))
    #expect(try one.fingerprint() == other.fingerprint())
    #expect(one.adaptersDigest() != other.adaptersDigest())
    #expect(try one.contentsDigest() != other.contentsDigest())
    #expect(try one.weightsDigest() == base.weightsDigest())
  }
}

extension SHA256 {
  fileprivate static func digest(of bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes.span)
    return hash.finish()
  }
}
