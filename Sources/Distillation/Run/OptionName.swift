/// An option of a command, by the name that its user gives it.
package enum OptionName: String, Sendable {
  case activations
  case batchSize = "batch-size"
  case beside
  case chunkMaximum = "chunk-maximum"
  case chunkMinimum = "chunk-minimum"
  case clipNorm = "clip-norm"
  case contextWindow = "context-window"
  case context
  case count
  case epochs
  case evaluateEvery = "evaluate-every"
  case format
  case heldOut = "held-out"
  case identifiers = "ids"
  case initialization = "init"
  case inputs
  case klBudget = "kl-budget"
  case learningRate = "learning-rate"
  case learningRateKeys = "learning-rate-keys"
  case learningRateValues = "learning-rate-values"
  case lora
  case loss
  case lossOn = "loss-on"
  case maximumTokens = "max-tokens"
  case method
  case mixCrossEntropy = "mix-cross-entropy"
  case patience
  case precision
  case prompt
  case questionTemperature = "question-temperature"
  case questionTokens = "question-tokens"
  case reconstruct
  case refreshEvery = "refresh-every"
  case regularize
  case responseTemperature = "response-temperature"
  case responseTokens = "response-tokens"
  case rollouts
  case rounds
  case schedule
  case seeds
  case steps
  case studyCount = "study-count"
  case teacher
  case teacherCache = "teacher-cache"
  case temperature
  case template
  case tokens
  case tools
  case unrelated
  case validation
  case warmup
  case weightDecay = "weight-decay"
  case window

  /// What the option needs held-out examples for.
  var validationUse: String {
    switch self {
    case .tokens, .method: "compare several by"
    default: "go by"
    }
  }
}
