/// An option of a command, by the name that its user gives it.
package enum OptionName: String, Sendable {
  case activations
  case batchSize = "batch-size"
  case clipNorm = "clip-norm"
  case epochs
  case evaluateEvery = "evaluate-every"
  case identifiers = "ids"
  case learningRate = "learning-rate"
  case loss
  case maximumTokens = "max-tokens"
  case patience
  case precision
  case prompt
  case responseTemperature = "response-temperature"
  case responseTokens = "response-tokens"
  case schedule
  case steps
  case teacherCache = "teacher-cache"
  case temperature
  case tokens
  case validation
  case warmup
  case weightDecay = "weight-decay"
}
