import HuggingFace
internal import Transformer

/// What runs with one model, context and set of examples share: the model, and the teacher's answers and
/// scores, which are made once.
final class SharedTeacher {
  private var decoder: Decoder?
  private var rounding: RunRounding?
  /// The teacher's answers and scores; nil before the first run has made them.
  var prepared: Preparation?
  /// The teacher's answers that an earlier run has recorded.
  let answers: TeacherAnswers?

  /// - Parameters:
  ///   - decoder: the model, where it is loaded already.
  ///   - answers: the teacher's, where they are recorded.
  init(decoder: Decoder?, answers: TeacherAnswers?) {
    self.decoder = decoder
    self.answers = answers
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
