internal import Compute
import Foundation
internal import Ranks

extension DistillationRun {
  /// Notices on the inputs.
  package var notices: [InputNotice] {
    if let recorded = checkpoint.map({ $0.state.ranks ?? 1 }), recorded != ranks.count {
      return texts.notices + [.ranks(recorded: recorded, found: ranks.count)]
    }
    return texts.notices + [startNotice].compactMap(\.self)
      + InputNotice.ofResuming(
        threads: checkpoint?.state.threads, instructions: checkpoint?.state.instructions,
        on: device)
  }

  /// The SHA-256 of the adapter from which the run started, for its checkpoints; nil for another
  /// start. The first rank writes them.
  func startDigest() throws(DistillationError) -> String? {
    guard checkpoint == nil else { return checkpoint?.state.startDigest }
    guard run.isWriting else { return nil }
    return try options.chosenInitialization?.digest()
  }

  /// The recorded number of CPU threads of the run in a folder; nil where it is not recorded, or
  /// there is no run, or one of another number of ranks. Errors of the run are reported when it is
  /// resumed.
  package static func recordedThreads(in output: URL, ranks: Int = 1) -> Int? {
    guard let newest = RunFolder.newestCheckpoint(in: output),
      let state = try? TrainingCheckpoint.state(in: newest.url), state.ranks ?? 1 == ranks
    else { return nil }
    return state.threads
  }
}
