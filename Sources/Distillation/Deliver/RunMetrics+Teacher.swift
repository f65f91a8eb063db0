internal import Inference
import JSON
internal import Transformer

extension RunMetrics {
  /// A teacher that is another model: the numbers of the full context are its own.
  package struct TeacherReading: Sendable, Equatable, Codable {
    /// The teacher's name.
    package var model: String
    /// The number of token ids that both models have, over which they are compared.
    package var vocabulary: Int
    /// The student's own reading of the full context; nil where its positions do not hold that, or
    /// where it is read in several windows.
    package var student: Reading?

    /// A reading.
    package init(model: String, vocabulary: Int, student: Reading? = nil) {
      self.model = model
      self.vocabulary = vocabulary
      self.student = student
    }

    private enum CodingKeys: String, CodingKey {
      case model, vocabulary
      case student = "student_full_context"
    }
  }
}

extension RunMetrics.Validation {
  /// Whose the full context is, and what the student itself does with it; nil where both are one
  /// model.
  package var teacherSentence: String? {
    teacher.map { teacher in
      let whose = "The full context is read by the teacher, \(teacher.model)."
      guard let own = teacher.student else { return whose }
      let kl = Decimals.text(own.kl ?? 0, 4)
      return "\(whose) The student itself with the full context: KL \(kl), "
        + "\(Decimals.percent(own.gapClosed ?? 0)) of the gap, top-1 agreement "
        + "\(Decimals.percent(own.top1Agreement ?? 0)), exact match "
        + "\(Decimals.percent(own.exactMatch))."
    }
  }
}

extension Judge {
  /// What a report says of a teacher that is another model.
  ///
  /// - Parameters:
  ///   - record: the teacher.
  ///   - spans: what it reads; the student reads a single one too.
  ///   - decoder: the student.
  ///   - capacity: the student's capacity after a prefix; nil where its positions do not hold the
  ///     context.
  ///   - klNoContext: the divergence of no context.
  ///   - progress: called with the readings done so far and their number.
  func reading(
    _ record: TeacherRecord, _ spans: ContextSpans, _ decoder: Decoder, capacity: PrefixCapacity?,
    klNoContext: Double, progress: (Int, Int) -> Void
  ) throws(TransformerError) -> RunMetrics.TeacherReading {
    var reading = RunMetrics.TeacherReading(
      model: record.reference, vocabulary: record.vocabulary)
    guard let capacity, spans.count == 1 else { return reading }
    reading.student = try readings(
      of: [spans.prefixes[0]], decoder, capacity: capacity, klNoContext: klNoContext,
      progress: progress
    ).first
    return reading
  }
}
