import Files
import HuggingFace

/// SHA-256 of a run's inputs, 64 hexadecimal digits each, so that a resumed run and an adapter can
/// detect changed inputs.
package struct RunFingerprints: Sendable, Equatable, Codable {
  /// The model: `ModelFolder.fingerprint()`, which does not cover all its weights.
  package var model: String
  /// `ModelFolder.weightsDigest()`, which does; nil in records of older programs.
  package var weights: String?
  /// `ModelFolder.adaptersDigest()`: the numbers of the LoRA adapters; nil for none, and as before.
  package var adapters: String?
  /// The same without the LoRA adapters in its weights; nil where there are none.
  package var bareModel: String?
  /// The token ids of header, context and closing.
  package var context: String
  /// The token ids of all training examples, with the parts of the context that they name.
  package var inputs: String
  /// The same of all held-out examples.
  package var validation: String
  /// The files of the prompts before the trained one, with commas between them; nil without any.
  package var beside: String?
  /// The list of tools beside the context; nil without any.
  package var tools: String?
  /// The token ids of the user's own prompts that have nothing to do with the context;
  /// a word for the built-in ones, nil in records of older programs.
  package var unrelated: String?
  /// The GGUF file of the model; nil for other models, and in records of older programs.
  package var gguf: GGUFIdentity?
  /// The teacher, where it is another model.
  package var teacher: TeacherRecord?

  private enum CodingKeys: String, CodingKey {
    case model, context, inputs, validation, beside, unrelated, tools, gguf, teacher
    case weights = "model_weights_sha256"
    case adapters = "lora_weights_sha256"
    case bareModel = "bare_model"
  }

  /// Of built-in prompts, which other programs may have changed.
  private static let builtIn = "built-in"

  /// What an adapter records of them.
  init(
    model: String, weights: String? = nil, adapters: String? = nil, bareModel: String? = nil,
    context: String, gguf: GGUFIdentity? = nil, teacher: TeacherRecord? = nil
  ) {
    self.weights = weights
    self.adapters = adapters
    (self.model, self.context, inputs, validation) = (model, context, "", "")
    self.bareModel = bareModel
    self.gguf = gguf
    self.teacher = teacher
  }

  /// The fingerprints of a run.
  ///
  /// - Parameters:
  ///   - model: `ModelFolder.fingerprint()`.
  ///   - weights: `ModelFolder.weightsDigest()`.
  ///   - adapters: `ModelFolder.adaptersDigest()`.
  ///   - context: the token ids of the context.
  ///   - frame: header and closing around it.
  ///   - training: the training examples.
  ///   - validation: the held-out examples.
  ///   - unrelated: the user's own prompts of that kind; nil for the built-in ones.
  ///   - beside: the SHA-256 of the prompts before the trained one; nil without any.
  ///   - tools: the SHA-256 of the list of tools; nil without any.
  ///   - gguf: the GGUF file of the model.
  ///   - bareModel: `ModelFolder.fingerprint()` without LoRA adapters; nil where there are none.
  ///   - teacher: the teacher, where it is another model.
  package init(
    model: String, weights: String? = nil, adapters: String? = nil, context: [Int],
    in frame: Frame, training: [InputExample],
    validation: [InputExample], unrelated: [InputExample]? = nil, beside: String? = nil,
    tools: String? = nil, gguf: GGUFIdentity? = nil, bareModel: String? = nil,
    teacher: TeacherRecord? = nil
  ) {
    self.model = model
    self.weights = weights
    self.adapters = adapters
    self.bareModel = bareModel
    self.gguf = gguf
    self.teacher = teacher
    self.context = Self.digest(of: context, in: frame)
    inputs = Self.hash(training.flatMap(Self.lists))
    self.validation = Self.hash(validation.flatMap(Self.lists))
    self.beside = beside
    self.tools = tools
    self.unrelated = unrelated.map { Self.hash($0.flatMap(Self.lists)) } ?? Self.builtIn
  }

  /// What is hashed of an example.
  private static func lists(of example: InputExample) -> [[Int]] {
    [example.prompt, example.response ?? []] + [example.context.fingerprint].compactMap(\.self)
  }

  /// The SHA-256 of the token ids of a context and of its frame.
  static func digest(of context: [Int], in frame: Frame) -> String {
    hash([frame.header, context, frame.closing])
  }

  /// A hash of lists of token ids, with their boundaries.
  private static func hash(_ lists: [[Int]]) -> String {
    var hash = SHA256()
    for list in lists {
      let text = "\(list.count):\(list.map(String.init).joined(separator: ","));"
      hash.update(Array(text.utf8).span)
    }
    return SHA256.hexadecimal(hash.finish())
  }

  /// A fingerprint in a message.
  static func short(_ fingerprint: String) -> String {
    fingerprint == builtIn
      ? builtIn : fingerprint == noExamples ? "none" : "\(fingerprint.prefix(12))..."
  }

  /// Checks that the inputs of a resumed run are the recorded ones.
  ///
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:item:recorded:found:)``.
  package func check(
    against recorded: RunFingerprints, checkpoint: String
  ) throws(DistillationError) {
    try checkLoRA(against: recorded, checkpoint: checkpoint)
    let pairs = [("the model", recorded.model, model), ("the context", recorded.context, context)]
    if recorded.beside != beside {
      func text(_ beside: String?) -> String {
        beside.map { list in
          list.split(separator: ",").map { "\($0.prefix(12))..." }.joined(separator: " and ")
        } ?? "none"
      }
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .input("the prompts beside it"),
        recorded: text(recorded.beside),
        found: text(beside))
    }
    let isSameTeacher =
      if let before = recorded.teacher, let teacher { before.isSame(as: teacher) } else {
        recorded.teacher == nil && teacher == nil
      }
    guard isSameTeacher else {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .input("the teacher"),
        recorded: TeacherRecord.title(recorded.teacher), found: TeacherRecord.title(teacher))
    }
    if recorded.tools != tools {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .input("the tools"),
        recorded: recorded.tools.map(Self.short) ?? "none",
        found: tools.map(Self.short) ?? "none")
    }
    var prompts = recorded.unrelated.map { [("the unrelated prompts", $0, unrelated ?? "")] }
    if let before = recorded.gguf?.tensorsDigest, let now = gguf?.tensorsDigest {
      prompts = (prompts ?? []) + [("the model's tensors", before, now)]
    }
    for (what, before, now) in [
      ("the model's weights", recorded.weights, weights),
      ("the numbers of the LoRA adapters in the model's weights", recorded.adapters, adapters),
    ] {
      // Older programs recorded the beginning of each tensor alone.
      if let before, let now { prompts = (prompts ?? []) + [(what, before, now)] }
    }
    for (what, before, now) in pairs + (prompts ?? []) where before != now {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .input(what), recorded: Self.short(before),
        found: Self.short(now))
    }
    try checkExamples(against: recorded, checkpoint: checkpoint)
  }

  /// Checks what `--inputs` and `--validation` have given: a share that is held out changes both.
  private func checkExamples(
    against recorded: RunFingerprints, checkpoint: String
  ) throws(DistillationError) {
    if !recorded.hasHeldOut, hasHeldOut {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .option(OptionName.validation.rawValue), recorded: "0",
        found: "held-out examples")
    }
    let isSplit = recorded.validation != validation
    for (what, options, before, now) in [
      ("the inputs", [OptionName.inputs] + (isSplit ? [.validation] : []), recorded.inputs, inputs),
      ("the validation examples", [.validation], recorded.validation, validation),
    ] where before != now {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .chosen(what, by: options), recorded: Self.short(before),
        found: Self.short(now))
    }
  }

  /// Whether examples are held out.
  var hasHeldOut: Bool { validation != Self.noExamples }

  /// The hash of no examples.
  private static let noExamples = hash([])

  /// Says so where the LoRA adapters of the model are all that differs in it.
  private func checkLoRA(
    against recorded: RunFingerprints, checkpoint: String
  ) throws(DistillationError) {
    guard recorded.model != model,
      recorded.bareModel ?? recorded.model == bareModel ?? model
    else { return }
    func text(_ prints: RunFingerprints) -> String {
      prints.bareModel == nil ? "none" : Self.short(prints.model)
    }
    throw .changedSinceCheckpoint(
      checkpoint: checkpoint, item: .input("the LoRA adapters in the model's weights"),
      recorded: text(recorded), found: text(self))
  }
}
