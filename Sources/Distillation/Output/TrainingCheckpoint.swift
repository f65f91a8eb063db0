import Foundation
import Safetensors

/// Everything that an exact resume needs: the folder `checkpoint-N` of a run's output.
///
///     state.safetensors   prompt, first_moment, second_moment, best_prompt: [k, E] f32
///     state.json          the rest
package struct TrainingCheckpoint: Sendable, Equatable {
  /// What stands in `state.json`.
  package struct State: Sendable, Equatable, Codable {
    /// Steps done.
    package var step: Int
    /// The step of the best prompt; 0 is the start.
    package var bestStep: Int
    /// Held-out numbers of the best prompt; nil where none were measured.
    package var best: HeldOut?
    /// Held-out evaluations since the best one.
    package var evaluationsSinceBest: Int
    /// Seconds of training so far.
    package var trainSeconds: Double
    /// What the run was begun with, or last resumed with.
    package var options: TrainingOptions
    /// What was another at first; nil where nothing was.
    package var changes: [OptionChange]?
    /// What the run is made from.
    package var fingerprints: RunFingerprints
    /// What the template's clock showed, as ``TemplateChoice/wallClock`` has it.
    package var templateClock: String?

    /// A state after `step` steps.
    package init(
      step: Int, bestStep: Int, best: HeldOut?, evaluationsSinceBest: Int, trainSeconds: Double,
      options: TrainingOptions, changes: [OptionChange]? = nil, fingerprints: RunFingerprints,
      templateClock: String? = nil
    ) {
      self.step = step
      self.bestStep = bestStep
      self.best = best
      self.evaluationsSinceBest = evaluationsSinceBest
      self.trainSeconds = trainSeconds
      self.options = options
      self.changes = changes
      self.fingerprints = fingerprints
      self.templateClock = templateClock
    }

    private enum CodingKeys: String, CodingKey {
      case step, options, changes, fingerprints
      case bestStep = "best_step"
      case best = "best_validation"
      case evaluationsSinceBest = "evaluations_since_best"
      case trainSeconds = "train_seconds"
      case templateClock = "template_clock"
    }
  }

  /// What stands in `state.json`.
  package var state: State
  /// The soft prompt after the step.
  package var prompt: SoftPrompt
  /// [k, E]: the optimiser's running mean of gradients; zeros where it has none.
  package var firstMoment: [Float]
  /// [k, E]: the optimiser's running mean of squared gradients; zeros where it has none.
  package var secondMoment: [Float]
  /// The prompt with the lowest held-out divergence so far.
  package var best: SoftPrompt

  /// A checkpoint; prompts and moments are all of one shape.
  package init(
    state: State, prompt: SoftPrompt, firstMoment: [Float], secondMoment: [Float], best: SoftPrompt
  ) {
    self.state = state
    self.prompt = prompt
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.best = best
  }

  private static let tensorsName = "state.safetensors"
  /// What no other trainer's checkpoint has.
  static let stateName = "state.json"
}

extension TrainingCheckpoint {
  /// Writes the checkpoint into a new folder and says where it stands. It gets its name when it is
  /// complete. One of the same step is that which the run goes on from: its vectors are these, and
  /// `state.json` alone is written, with the options that may be others.
  @discardableResult
  package func write(to run: RunFolder) throws(DistillationError) -> URL {
    let target = run.checkpoint(step: state.step)
    let partial = target.appendingPathExtension(RunFolder.partialExtension)
    let manager = FileManager.default
    let text = try RecordCoding.encode(state)
    if manager.fileExists(atPath: target.path) {
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
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: partial.appending(path: Self.stateName), with: text)
      try manager.move(partial, to: target)
    }
    return target
  }

  /// Reads the checkpoint in a folder.
  package init(folder: URL) throws(DistillationError) {
    let state = try RecordCoding.decode(State.self, from: folder.appending(path: Self.stateName))
    let url = folder.appending(path: Self.tensorsName)
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
}
