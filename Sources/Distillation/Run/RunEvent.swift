import Foundation
import HuggingFace

/// What happens in a run, for whoever shows it.
package enum RunEvent: Sendable {
  /// A stretch of work before or after the training, with how much of it is done.
  case progress(Phase, done: Int, total: Int)
  /// A chat template has taken the context, or there is none; the tokenizer lacks some of the tokens
  /// that it writes.
  case placed(ContextPlace?, missingTokens: [String])
  /// Everything is ready, and the first step is next.
  case begun(Beginning)
  /// Steps were done, each in `seconds`; they read `tokensPerSecond` tokens of prefix, prompts and
  /// responses.
  case steps([StepReport], seconds: Double, tokensPerSecond: Double)
  /// The prompt after `step` steps was compared with the teacher on the held-out examples.
  case evaluated(step: Int, HeldOut, isBest: Bool)
  /// Something is other than a file says, in one line.
  case warning(String)
  /// A study is going on.
  case studying(StudyProgress)
  /// A checkpoint was written.
  case checkpoint(URL)

  /// The stretches of work around the training.
  package enum Phase: String, Sendable, CaseIterable {
    /// Before any event of a run: files are read and checked.
    case reading = "reading the files"
    case loading = "loading the model"
    case readingContext = "reading the context"
    case answering = "answering prompts"
    case scoring = "scoring responses"
    case judging = "judging the result"

    /// What is counted.
    package var unit: String {
      switch self {
      case .reading: "files"
      case .loading: "layers"
      case .readingContext: "tokens"
      case .answering: "tokens at most"
      case .scoring: "response tokens"
      case .judging: "examples"
      }
    }
  }

  /// What a training starts from.
  package struct Beginning: Sendable, Equatable {
    /// Tokens of the context.
    package var contextTokens: Int
    /// Vectors of the soft prompt.
    package var pseudoTokens: Int
    /// Examples that are trained on.
    package var trainingExamples: Int
    /// Examples that are held out.
    package var validationExamples: Int
    /// Response tokens of the training examples.
    package var responseTokens: Int
    /// Responses that the teacher gave, to examples of either kind.
    package var teacherAnswers: Int
    /// Those that reached the limit before their end.
    package var cutAnswers: Int
    /// The most tokens of an answer.
    package var answerLimit: Int
    /// Whether any token ends an answer before that.
    package var hasEndToken: Bool
    /// What is kept of the teacher: `logits`, `hidden` or `projected`.
    package var teacherCache: String
    /// What that takes on the device.
    package var teacherCacheBytes: Int
    /// The highest learning rate.
    package var peakLearningRate: Float
    /// The step before the first one of this run; 0 unless it is resumed.
    package var startStep: Int
    /// What a resumed run goes on with in the place of what it had before.
    package var changes: [OptionChange]
    /// The last step.
    package var totalSteps: Int
    /// By how much of the largest logit the model's logits change where activations are rounded; nil where they are not.
    package var activationRoundingError: Double?
  }
}
