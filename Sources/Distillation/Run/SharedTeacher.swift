internal import Compute
import HuggingFace
internal import Transformer

/// What runs with one model, context and set of examples share: the model, and the teacher's
/// answers and scores, which are made once.
final class SharedTeacher {
  private var decoder: Decoder?
  /// The models that are loaded already; nil for none.
  private let loaded: LoadedModel?
  private var rounding: RunRounding?
  /// The teacher's answers and scores; nil before the first run has made them.
  var prepared: Preparation?
  /// The teacher's answers that an earlier run has recorded.
  let answers: TeacherAnswers?
  /// The kind of the teacher's cache that an earlier run has recorded.
  let cacheKind: TeacherCacheKind?

  /// - Parameters:
  ///   - loaded: the models, where they are loaded already.
  ///   - answers: the teacher's, where they are recorded.
  ///   - cacheKind: of the teacher's cache, where it is recorded.
  init(
    _ loaded: LoadedModel?, answers: TeacherAnswers? = nil, cacheKind: TeacherCacheKind? = nil
  ) {
    self.loaded = loaded
    decoder = loaded?.decoder
    self.answers = answers
    self.cacheKind = cacheKind
  }

  /// The teacher, where it is another model: as a study has left it, else loaded. It is handed over
  /// once.
  func teacher(
    load: () throws(DistillationError) -> Decoder?
  ) throws(DistillationError) -> Decoder? {
    if let teacher = loaded?.takeTeacher() { return teacher }
    return try load()
  }

  /// The model, which the first run loads.
  func decoder(
    load: () throws(DistillationError) -> Decoder
  ) throws(DistillationError) -> Decoder {
    if let decoder { return decoder }
    let loaded = try load()
    decoder = loaded
    return loaded
  }

  /// The errors that rounding makes in the loaded model, which the first run measures.
  func rounding(
    _ options: TrainingOptions, _ folder: ModelFolder, _ context: [Int]
  ) throws(DistillationError) -> RunRounding {
    guard let decoder else { preconditionFailure("a loaded model") }
    if let rounding { return rounding }
    let measured = RunRounding(
      weights: try WeightRounding(options.precision, decoder, folder, context)?.error,
      activations: try ActivationRounding(options, decoder, context)?.error)
    rounding = measured
    return measured
  }
}
