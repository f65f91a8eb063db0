/// An estimate of the time that is left of a run without inputs, by its parts.
package struct RunEstimate: Sendable, Equatable {
  /// Writing and answering questions.
  package var studySeconds: Double
  /// Scoring the answers by the model with the full context, and its greedy answers.
  package var teacherSeconds: Double
  /// Steps, and evaluations between them.
  package var trainingSeconds: Double
  /// Answers with the soft prompt and without context.
  package var judgingSeconds: Double

  /// All parts.
  package var seconds: Double { studySeconds + secondsAfterStudy }

  /// All parts after the study.
  package var secondsAfterStudy: Double { teacherSeconds + trainingSeconds + judgingSeconds }

  /// The time that is left of the study: at first that of the estimate, and the more of it is done,
  /// the more what its own rate says.
  ///
  /// - Parameters:
  ///   - share: the part that is done, from 0 to 1.
  ///   - seconds: the time that is left by the study's rate.
  package func studySecondsLeft(done share: Double, byRate seconds: Double) -> Double {
    share * seconds + (1 - share) * (1 - share) * studySeconds
  }
}

/// The amounts of work of a run without inputs: counts before the study from its options, after it
/// from its lines.
struct RunWork: Equatable {
  /// Questions that will be written, and the tokens of one.
  var questions: Double
  var questionTokens: Double
  /// Tokens of all chunks that the questions are written from.
  var chunkTokens: Double
  /// Answers that will be written.
  var answers: Double
  /// Training examples, and held-out ones.
  var training: Double
  var heldOut: Double
  /// Tokens of a prompt and of its answer.
  var promptTokens: Double
  var answerTokens: Double
  /// Tokens of the context, which the teacher reads once more.
  var contextTokens: Double
  /// Steps, and examples of one.
  var steps: Double
  var batch: Double
  var evaluations: Double
  /// Prompts of the measure of drift, with answers of ``UnrelatedPrompts/answerTokens``.
  var unrelated: Double
  /// Answers of the student to training prompts.
  var rollouts = 0.0

  /// The share of questions that a study keeps, and the tokens of a question, as SmolLM2-135M and
  /// the defaults have them. The study's own rate corrects them as it goes.
  static let (keptShare, usualQuestion) = (0.25, 15.0)
}

/// Speeds of the machine for the models and the context of a run, measured by a short trial.
struct RunSpeeds {
  /// Of a model after a prefix.
  struct Answering {
    /// Tokens of answers a second, many at a time.
    var generation: Double
    /// Rows of prompts and responses a second, scored.
    var scoring: Double
  }

  /// Rows of the context a second, by the teacher.
  var prefill: Double
  /// The teacher after the context.
  var teacher: Answering
  /// The student, where it is another model; else it takes as long as the teacher at most.
  var student: Answering?
  /// Seconds of a training step, whatever its batch, and of a row of its examples.
  var step: (fixed: Double, row: Double)
  /// Tokens of an answer, by the trial's own.
  var answerTokens: Double

  /// The time of some work.
  func estimate(_ work: RunWork) -> RunEstimate {
    let student = student ?? teacher
    let example = work.promptTokens + work.answerTokens
    let stepSeconds = step.fixed + step.row * example * min(work.batch, max(work.training, 1))
    let drift = work.unrelated * Double(UnrelatedPrompts.answerTokens)
    let (heldOutRows, heldOutTokens) = (work.heldOut * example, work.heldOut * work.answerTokens)
    return RunEstimate(
      studySeconds: work.chunkTokens / prefill
        + work.questions * work.questionTokens / teacher.generation
        + work.answers * work.answerTokens / teacher.generation,
      // Drift is the student's, with its own reading of the context.
      teacherSeconds: work.contextTokens / prefill
        + (work.training * example + heldOutRows) / teacher.scoring
        + heldOutTokens / teacher.generation
        + drift / student.generation + 2 * drift / student.scoring,
      trainingSeconds: work.steps * stepSeconds
        + work.evaluations * heldOutRows / student.scoring
        + work.rollouts
        * (work.answerTokens / student.generation + example / teacher.scoring),
      judgingSeconds: 2 * (heldOutRows / student.scoring + heldOutTokens / student.generation)
        + 2 * drift / student.scoring)
  }
}
