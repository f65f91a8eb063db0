import Foundation
import HuggingFace

/// An event of a run.
package enum RunEvent: Sendable {
  /// A phase of work before or after the training, with its progress.
  case progress(Phase, done: Int, total: Int)
  /// The context was placed in a chat template, or there is none; the tokenizer lacks some of the
  /// tokens that it writes.
  case placed(ContextPosition?, missingTokens: [String])
  /// Everything is prepared, and the first step is next.
  case started(Start)
  /// Steps were done, each in `seconds`; `tokensPerSecond` counts tokens of prefix, prompts and
  /// responses.
  case steps([StepReport], seconds: Double, tokensPerSecond: Double)
  /// The student has answered prompts, and the teacher has scored the answers.
  case refreshed(RolloutRefresh)
  /// The prompt after `step` steps was compared with the teacher on the held-out examples.
  case evaluated(step: Int, HeldOut, isBest: Bool)
  /// A setting that is read in another way than a file says, or a file of the user that is kept
  /// under another name, in one line.
  case warning(String)
  /// The time that is left of a run without inputs, as far as is known.
  case estimated(RunEstimate)
  /// A study is going on.
  case studying(StudyProgress)
  /// A run of a sweep begins.
  case sweeping(SweepProgress)
  /// A checkpoint was written.
  case checkpoint(URL)

  /// The phases of work around the training.
  package enum Phase: String, Sendable, CaseIterable {
    /// Before any event of a run: files are read and checked.
    case reading = "reading the files"
    case loading = "loading the model"
    case readingContext = "reading the context"
    case answering = "answering prompts"
    case matching = "matching attention"
    case scoring = "scoring responses"
    case rollouts = "answering with the learned prompt"
    case comparingWindows = "comparing windows"
    case comparingPrompts = "comparing prompts"
    case drifting = "answering unrelated prompts"
    case judging = "judging the result"

    /// The unit of the counts.
    package var unit: String {
      switch self {
      case .reading: "files"
      case .loading, .matching: "layers"
      case .readingContext: "tokens"
      case .answering, .rollouts: "tokens at most"
      case .scoring: "response tokens"
      case .comparingWindows: "windows"
      case .drifting, .comparingPrompts: "prompts"
      case .judging: "examples"
      }
    }
  }

  /// The state at the start of a training.
  package struct Start: Sendable, Equatable {
    /// Tokens of the context.
    package var contextTokens: Int
    /// Vectors of the soft prompt.
    package var pseudoTokens: Int
    /// Rows of other prompts before it; 0 without any.
    package var otherTokens: Int
    /// Examples that are trained on.
    package var trainingExamples: Int
    /// Examples that are held out.
    package var validationExamples: Int
    /// Response tokens of the training examples.
    package var responseTokens: Int
    /// Number of responses that the teacher generated, for examples of either kind.
    package var teacherAnswers: Int
    /// Number of those that reached the limit before their end.
    package var cutAnswers: Int
    /// The most tokens of an answer.
    package var answerLimit: Int
    /// Whether any token ends an answer before the limit.
    package var hasEndToken: Bool
    /// The teacher, where it is another model.
    package var teacher: TeacherRecord?
    /// The kind of the teacher's cache: `logits`, `hidden` or `projected`.
    package var teacherCache: String
    /// The size of the teacher's cache.
    package var teacherCacheBytes: Int
    /// The student's own answers; nil without them.
    package var rollouts: Rollouts?
    /// The highest learning rate, of values where keys have one of their own.
    package var peakLearningRate: Float
    /// The highest learning rate of keys; nil for embeddings.
    package var keyLearningRate: Float?
    /// The step before the first one of this run; 0 unless it is resumed.
    package var startStep: Int
    /// The options that a resumed run has changed.
    package var changes: [OptionChange]
    /// The last step.
    package var totalSteps: Int
    /// The errors that rounding makes in the model.
    package var rounding: RunRounding
    /// How far sliding windows reach back to keys and values; nil where all layers see them all.
    package var windowReach: WindowReach?

    /// What is known of the student's own answers before the first.
    package struct Rollouts: Sendable, Equatable {
      /// The most prompts that are answered at a time.
      package var prompts: Int
      /// Steps between two times.
      package var interval: Int
      /// Response tokens for which the teacher's cache has memory.
      package var capacity: Int
    }
  }
}
