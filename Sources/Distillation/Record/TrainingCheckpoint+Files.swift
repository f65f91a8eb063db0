import Files
import Foundation
import HuggingFace
internal import Inference
import JSON
import Safetensors

extension TrainingCheckpoint {
  /// Writes the checkpoint into a new folder and returns its path. The folder gets its name when it
  /// is complete. A checkpoint of the same step is the one from which the run was resumed: it has
  /// the same vectors, and `state.json` alone is written, with the options that may have changed.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses;
  ///   ``DistillationError/outputMoved(path:)`` where the run's folder is no longer in its place.
  @discardableResult
  package func write(to run: RunFolder) throws(DistillationError) -> URL {
    let target = run.checkpoint(step: state.step)
    guard run.isWriting else { return target }
    try run.checkNotMoved()
    let manager = FileManager.default
    if run.isCheckpoint(target.lastPathComponent) {
      let text = try stateText(tensors: target.appending(path: Self.tensorsName))
      try Self.write(text, in: target)
      return target
    }
    // Where files of the user are in a folder of the name, the checkpoint gets there file by file.
    let isLeft = try run.prepareFolder(ofCheckpoint: state.step)
    let place = isLeft ? target : target.appendingPathExtension(RunFolder.partialExtension)
    if !isLeft {
      try writing { () throws(FileError) in
        try RunFolder.removeFragment(place)
        try manager.makeFolder(place)
      }
    }
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write(storedTensors, to: place.appending(path: Self.tensorsName))
    }
    try Self.write(try stateText(tensors: place.appending(path: Self.tensorsName)), in: place)
    if !isLeft { try writing { () throws(FileError) in try manager.move(place, to: target) } }
    return target
  }

  private static func write(_ state: [UInt8], in folder: URL) throws(DistillationError) {
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: folder.appending(path: stateName), with: state)
    }
  }

  /// The files of a checkpoint that are as a run has written them, with their SHA-256: each file is
  /// recorded in the other, or in itself.
  static func ownFiles(in folder: URL) -> [(name: String, digest: String)] {
    let url = folder.appending(path: stateName)
    guard let state = try? state(in: folder), let digest = WrittenFiles.digest(of: url) else {
      return []
    }
    let tensors = WrittenFiles.digest(of: folder.appending(path: tensorsName))
    guard let tensors, state.tensorsDigest == nil || state.tensorsDigest == tensors else {
      return [(stateName, digest)]
    }
    return [(stateName, digest), (tensorsName, tensors)]
  }

  /// Reads the checkpoint in a folder.
  ///
  /// - Throws: when one of its files has changed, as far as the checkpoint has checksums.
  package init(folder: URL) throws(DistillationError) {
    do throws(DistillationError) {
      try self.init(reading: folder)
    } catch {
      let (parent, name) = (folder.deletingLastPathComponent(), folder.lastPathComponent)
      let step = RunFolder.stepCount(name) ?? 0
      throw .damaged(
        .checkpoint(name, hasEarlier: RunFolder.hasCheckpoint(before: step, in: parent)), error)
    }
  }

  private init(reading folder: URL) throws(DistillationError) {
    let state = try Self.state(in: folder)
    let url = folder.appending(path: Self.tensorsName)
    if let digest = state.tensorsDigest, try Self.digest(of: url) != digest {
      throw Self.damage(of: url)
    }
    let file = try tensors { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
    let form = try Self.form(in: file, options: state.options)
    func values(_ role: Role) throws(DistillationError) -> [Float] {
      try tensors { () throws(SafetensorsError) in
        var values: [Float] = []
        for tensor in form.tensors {
          let name = role.name(of: tensor, in: form)
          try file.checkFinite(name)
          values += try file.floats(of: name, shape: tensor.shape)
        }
        return values
      }
    }
    self.init(
      state: state, prompt: LearnedPrompt(form: form, values: try values(.prompt)),
      moments: OptimizerMoments(
        first: try values(.firstMoment), second: try values(.secondMoment)),
      best: LearnedPrompt(form: form, values: try values(.best)))
  }

  /// The form of the prompt in `state.safetensors`, of as many rows as the options say.
  private static func form(
    in file: SafetensorsFile, options: TrainingOptions
  ) throws(DistillationError) -> PromptForm {
    let name =
      switch options.method {
      case .embeddings: Role.prompt.rawValue
      case .keysValues: "\(Role.prompt.rawValue).\(PromptForm.keysName)"
      }
    let shape = try tensors { () throws(SafetensorsError) in try file.tensor(named: name).shape }
    let form: PromptForm? =
      switch (options.method, shape.count) {
      case (.embeddings, 2): .embeddings(count: shape[0], width: shape[1])
      case (.keysValues, 4):
        .keysValues(layers: shape[0], count: shape[1], heads: shape[2], dimension: shape[3])
      default: nil
      }
    guard let form, form.tokenCount == options.tokens, form.elementCount > 0 else {
      throw .content(
        file: file.path, expected: "a prompt of \(Counted(options.tokens, "row"))",
        found: "shape \(shape)")
    }
    return form
  }

  /// The tensors of `state.safetensors` for each tensor of a prompt.
  private enum Role: String, CaseIterable {
    case prompt
    case firstMoment = "first_moment"
    case secondMoment = "second_moment"
    case best = "best_prompt"

    func name(of tensor: PromptForm.Tensor, in form: PromptForm) -> String {
      form.tensors.count == 1 ? rawValue : "\(rawValue).\(tensor.name)"
    }
  }

  private var storedTensors: [(name: String, shape: [Int], elements: [Float])] {
    Role.allCases.flatMap { role in
      let values =
        switch role {
        case .prompt: prompt.values
        case .firstMoment: moments.first
        case .secondMoment: moments.second
        case .best: best.values
        }
      return prompt.form.tensors.map {
        (role.name(of: $0, in: prompt.form), $0.shape, Array(values[$0.range]))
      }
    }
  }

  /// Reads `state.json` of a checkpoint.
  static func state(in folder: URL) throws(DistillationError) -> State {
    let url = folder.appending(path: stateName)
    let state = try RecordCoding.decode(State.self, from: url)
    switch SealedText.check(try RecordCoding.bytes(of: url)) {
    case .whole: break
    case .broken: throw damage(of: url)
    // Older programs wrote neither checksum.
    case .none: if state.tensorsDigest != nil { throw damage(of: url) }
    }
    return state
  }

  /// The text of `state.json` for these tensors.
  private func stateText(tensors url: URL) throws(DistillationError) -> [UInt8] {
    var state = state
    // The digest of a checkpoint that was read is not computed again: later changes of its file
    // must be detected.
    if state.tensorsDigest == nil { state.tensorsDigest = try Self.digest(of: url) }
    return SealedText.seal(try RecordCoding.encode(state))
  }

  private static func digest(of url: URL) throws(DistillationError) -> String {
    SHA256.hexadecimal(of: try RecordCoding.bytes(of: url))
  }

  private static func damage(of url: URL) -> DistillationError {
    let start = (try? RecordCoding.bytes(of: url))?.prefix(FileKind.prefixLength) ?? []
    if let kind = FileKind(Array(start)), kind != .empty {
      return .content(
        file: url.path, expected: "a checkpoint of the run", found: RecordCoding.found(kind))
    }
    return .content(
      file: url.path, expected: "the bytes that the run wrote, by their SHA-256", found: "others")
  }
}
