import Foundation
import Safetensors

/// Everything that an exact resume needs: the folder `checkpoint-N` of a run's output.
///
///     state.safetensors   prompt, first_moment, second_moment, best_prompt: f32, each of the
///                         shape of the prompt; `.name` follows where a prompt has several tensors
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
  /// The prompt after the step.
  package var prompt: LearnedPrompt
  /// The optimizer's state.
  package var moments: OptimizerMoments
  /// The prompt with the lowest held-out divergence so far.
  package var best: LearnedPrompt

  /// A checkpoint; both prompts are of one form.
  package init(
    state: State, prompt: LearnedPrompt, moments: OptimizerMoments, best: LearnedPrompt
  ) {
    self.state = state
    self.prompt = prompt
    self.moments = moments
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
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write(storedTensors, to: partial.appending(path: Self.tensorsName))
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
      try file.tensor(named: Role.prompt.rawValue).shape
    }
    guard shape.count == 2, shape[0] == state.options.tokens, shape[1] > 0 else {
      throw .content(
        file: url.path, expected: "a prompt of \(state.options.tokens) rows",
        found: "shape \(shape)")
    }
    let form = PromptForm.embeddings(count: shape[0], width: shape[1])
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

  /// What `state.safetensors` keeps of every tensor of a prompt.
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
}
