import Foundation
import HuggingFace
import Safetensors

extension TrainingCheckpoint {
  /// Writes the checkpoint into a new folder and says where it stands. It gets its name when it is
  /// complete. One of the same step is that which the run goes on from: its vectors are these, and
  /// `state.json` alone is written, with the options that may be others.
  @discardableResult
  package func write(to run: RunFolder) throws(DistillationError) -> URL {
    try run.checkPlace()
    let target = run.checkpoint(step: state.step)
    let partial = target.appendingPathExtension(RunFolder.partialExtension)
    let manager = FileManager.default
    if manager.fileExists(atPath: target.path) {
      let text = try stateText(tensors: target.appending(path: Self.tensorsName))
      try writing { () throws(FileError) in
        try AtomicFile.replaceContents(of: target.appending(path: Self.stateName), with: text)
      }
      return target
    }
    try writing { () throws(FileError) in
      try manager.removeIfPresent(partial)
      try manager.makeFolder(partial)
    }
    let shape = [prompt.count, prompt.width]
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write(
        [
          ("prompt", shape, prompt.values), ("first_moment", shape, firstMoment),
          ("second_moment", shape, secondMoment), ("best_prompt", shape, best.values),
        ], to: partial.appending(path: Self.tensorsName))
    }
    let text = try stateText(tensors: partial.appending(path: Self.tensorsName))
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: partial.appending(path: Self.stateName), with: text)
      try manager.move(partial, to: target)
    }
    return target
  }

  /// Reads the checkpoint in a folder.
  ///
  /// - Throws: when a file of it is not as it was written, as far as the checkpoint has checksums.
  package init(folder: URL) throws(DistillationError) {
    let state = try Self.state(in: folder)
    let url = folder.appending(path: Self.tensorsName)
    if let digest = state.tensorsDigest, try Self.digest(of: url) != digest {
      throw Self.damage(of: url)
    }
    let file = try tensors { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
    let shape = try tensors { () throws(SafetensorsError) in
      try file.tensor(named: "prompt").shape
    }
    guard shape.count == 2, shape[0] == state.options.tokens, shape[1] > 0 else {
      throw .content(
        file: url.path, expected: "a prompt of \(state.options.tokens) rows",
        found: "shape \(shape)")
    }
    func floats(_ name: String) throws(DistillationError) -> [Float] {
      try tensors { () throws(SafetensorsError) in
        try file.checkFinite(name)
        return try file.floats(of: name, shape: shape)
      }
    }
    self.init(
      state: state, prompt: SoftPrompt(values: try floats("prompt"), width: shape[1]),
      firstMoment: try floats("first_moment"), secondMoment: try floats("second_moment"),
      best: SoftPrompt(values: try floats("best_prompt"), width: shape[1]))
  }

  /// Reads `state.json` of a checkpoint.
  static func state(in folder: URL) throws(DistillationError) -> State {
    let url = folder.appending(path: stateName)
    let state = try RecordCoding.decode(State.self, from: url)
    switch SealedText.check(try bytes(of: url)) {
    case .whole: break
    case .broken: throw damage(of: url)
    // Older programs wrote neither checksum.
    case .none: if state.tensorsDigest != nil { throw damage(of: url) }
    }
    return state
  }

  /// The text of `state.json` beside these tensors.
  private func stateText(tensors url: URL) throws(DistillationError) -> [UInt8] {
    var state = state
    // A checkpoint that was read is not measured anew: what has happened to its file since then must show.
    if state.tensorsDigest == nil { state.tensorsDigest = try Self.digest(of: url) }
    return SealedText.seal(try RecordCoding.encode(state))
  }

  private static func digest(of url: URL) throws(DistillationError) -> String {
    SHA256.hexadecimal(of: try bytes(of: url))
  }

  private static func bytes(of url: URL) throws(DistillationError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: url))
    } catch {
      throw .content(file: url.path, expected: "a file", found: "none that can be read")
    }
  }

  private static func damage(of url: URL) -> DistillationError {
    let folder = url.deletingLastPathComponent().lastPathComponent
    return .content(
      file: url.path, expected: "the bytes that the run wrote, by their SHA-256",
      found: "others; the run resumes from an earlier checkpoint where \(folder) is removed")
  }
}
