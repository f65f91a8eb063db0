package import Compute
package import Inference
package import Transformer

/// The teacher's scores of all examples. With them, training needs neither the context nor its keys
/// and values.
package struct TeacherScores {
  /// Of the training examples.
  package let cache: TeacherCache
  /// Compares prompts with the teacher on the held-out examples; nil where there are none.
  package let judge: Judge?
  /// The same on some examples, held out or trained on: the export is verified with them.
  package let verification: Judge

  /// Examples for the verification where none are held out.
  private static let verified = 16

  /// Scores all examples, and lets the teacher answer the held-out ones.
  ///
  /// - Parameters:
  ///   - scored: called with the response tokens scored so far and their number.
  ///   - answered: called with the tokens of greedy answers so far and the most that there can be.
  package static func scoring(
    _ training: [Example], heldOut: [Example], by teacher: PrefixedDecoder,
    kind: TeacherCacheKind, temperature: Float, scored: (Int, Int) -> Void = { _, _ in },
    answered: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> TeacherScores {
    let judged = heldOut.isEmpty ? Array(training.prefix(verified)) : heldOut
    let rows = TeacherCache.rowCount(training)
    let total = rows + TeacherCache.rowCount(judged)
    scored(0, total)
    let cache = try teacher.score(training, kind: kind, temperature: temperature) {
      scored($0, total)
    }
    let judge = try Judge.scoring(judged, by: teacher) { scored(rows + $0, total) }
    if !heldOut.isEmpty { try judge.letAnswer(teacher, progress: answered) }
    return TeacherScores(cache: cache, judge: heldOut.isEmpty ? nil : judge, verification: judge)
  }
}
