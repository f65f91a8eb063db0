import Foundation
import HuggingFace
internal import Inference
internal import Transformer

/// The prompts of other runs that stand before the one that is trained, and stay as they are. The
/// teacher does not read them: it reads the run's context alone.
struct Neighbors: Sendable {
  /// The prompts, with keys for the positions where they stand.
  let prompts: [LearnedPrompt]
  let records: [NeighborRecord]

  /// None.
  static let none = Neighbors(prompts: [], records: [])

  /// Rows of all.
  var rows: Int { records.reduce(0) { $0 + $1.tokens } }

  /// A text that stands for all of them; nil for none.
  var digest: String? {
    records.isEmpty ? nil : records.map(\.digest).joined(separator: ",")
  }

  /// The prompts of a group in the frame of a run.
  ///
  /// - Parameters:
  ///   - group: the adapters.
  ///   - conditioning: of the run.
  ///   - textRows: rows of the longest text, with the prefix but without these prompts.
  init(
    _ group: AdapterGroup, in conditioning: Conditioning, of configuration: DecoderConfiguration,
    textRows: Int
  ) throws(DistillationError) {
    records = group.members.map(\.record)
    prompts = try group.prompts(
      after: conditioning.frame.header.count, of: configuration,
      isLong: configuration.isLong(textRows + group.tokenCount))
  }

  private init(prompts: [LearnedPrompt], records: [NeighborRecord]) {
    (self.prompts, self.records) = (prompts, records)
  }
}

extension ModelKinship {
  /// What an adapter is that was trained for another model than a run's.
  fileprivate var neighborTitle: String {
    switch self {
    case .same: "one of it"
    case .other: "one of another model"
    case .otherQuantisation: "one of another quantisation of it"
    case .otherLoRA(let trained, let found):
      "one of it with \(trained.loraTitle) in its weights, and the run has \(found.loraTitle)"
    }
  }
}

extension AdapterGroup {
  /// Reads the adapters beside which a run trains.
  ///
  /// - Throws: as ``init(_:for:)``; where one was trained for another model, or is not a prompt
  ///   alone.
  init(
    beside urls: [URL], _ method: TrainingOptions.Method, of folder: ModelFolder,
    for configuration: DecoderConfiguration
  ) throws(DistillationError) {
    try self.init(urls, for: configuration)
    for member in members { try Self.checkOwnForm(member) }
    for (member, kinship) in zip(members, try kinships(to: folder)) where kinship != .same {
      throw .content(
        file: member.url.path,
        expected: "an adapter that was trained for the model \(folder.url.path)",
        found: kinship.neighborTitle)
    }
    // The trained prompt alone stands where the others do.
    if !members.isEmpty, method == .keysValues, !configuration.canMoveKeys {
      throw .option(
        .beside,
        expected: "nothing for keys and values of \(configuration.family), because its learned "
          + "positions cannot be taken out of them", found: members[0].url.path)
    }
  }

  /// Checks that prompts stand in a run's own frame.
  func checkFrame(_ conditioning: Conditioning) throws(DistillationError) {
    for member in members {
      guard member.adapter.inputReading == conditioning.reading,
        member.adapter.frame == nil || member.adapter.frame == conditioning.frame
      else { throw .otherFrame(adapter: member.url.path, other: nil) }
    }
  }
}
