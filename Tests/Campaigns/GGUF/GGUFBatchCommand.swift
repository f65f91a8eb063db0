import ArgumentParser
import Compute
import Foundation
import HuggingFace
import Inference
import TestSupport
import Transformer

/// One process of ``GGUFCommand``.
struct GGUFBatchCommand: ParsableCommand {
  static let name = "gguf-batch"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option var first: Int
  @Option var count: Int
  @Option var seed: UInt64
  @Option var seconds: Double

  /// The most that reading and running one of these files of a few kilobytes may add to the peak of
  /// resident memory.
  private static let memoryLimit = 256 << 20

  func run() throws {
    let device = try Device(cpuThreads: 1)
    let folder = URL(filePath: FileManager.default.currentDirectoryPath)
    let (file, place) = (
      folder.appending(path: "mutant.gguf"), folder.appending(path: GGUFPlace.numberName)
    )
    var opened = 0
    for number in first..<(first + count) {
      // Rewriting a file in place would wait for the disk.
      try? FileManager.default.removeItem(at: file)
      try? FileManager.default.removeItem(at: place)
      try Data(GGUFMutation.mutant(number, seed: seed)).write(to: file)
      try Data("\(number)".utf8).write(to: place)
      let (begin, memory) = (ContinuousClock.now, HostMemory.peakBytes)
      let refusal = Self.refusal(file, device)
      let took = ContinuousClock.now - begin
      guard took < .seconds(seconds) else { throw CampaignError(description: "\(took)") }
      let growth = HostMemory.peakBytes - memory
      guard growth < Self.memoryLimit else {
        throw CampaignError(description: "\(growth >> 20) MiB of memory")
      }
      guard let refusal else {
        opened += 1
        continue
      }
      let isLine =
        !refusal.isEmpty && refusal.utf8.count < 4096
        && !refusal.unicodeScalars.contains { $0.properties.generalCategory == .control }
      guard isLine else { throw CampaignError(description: "not a line: \(refusal.prefix(300))") }
    }
    print("\(opened) of \(count) run")
  }

  /// The line with which a file is refused; nil where it is read and run.
  private static func refusal(_ file: URL, _ device: Device) -> String? {
    do {
      let model = try ModelFolder(at: file)
      let configuration = try DecoderConfiguration(config: model.config())
      _ = try model.fingerprint()
      _ = try model.ggufIdentity()
      _ = try model.generationConfiguration()
      _ = try model.tokenizerConfiguration()
      if let tokenizer = try model.tokenizer() {
        let tokens = try tokenizer.encode("ab cab a\u{E9} <s>")
        _ = try tokenizer.decode(tokens)
        _ = try model.tokenizerJSON()
      }
      let decoder = try Decoder.load(model, on: device, precision: nil)
      let tokens = (0..<3).map { $0 % configuration.vocabularySize }
      _ = try decoder.logits(of: Array(tokens.prefix(configuration.maximumPositions)))
      return nil
    } catch { return "\(error)" }
  }
}
