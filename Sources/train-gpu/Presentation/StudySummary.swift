import Distillation
import JSON

/// What a finished study says.
struct StudySummary {
  let result: StudyResult
  let output: String

  var text: String {
    ([conversations] + [times, windows, drops, heldOut].compactMap(\.self)).joined(separator: "\n")
  }

  /// The same as an object; seconds where they are known.
  var object: JSONObject {
    [
      "output": .string(output), "conversations": .integer(result.conversations),
      "lines": .integer(result.lines), "held_out": .integer(result.heldOut),
      "held_out_share": .number(result.heldOutShare), "questions": .integer(result.questions),
      "left_out": .integer(result.drops.count), "windows": .integer(result.windows),
      "tokens": .integer(result.tokens), "seconds": .number(result.seconds),
    ]
  }

  /// What was written, and how fast.
  var conversations: String {
    let rate = result.seconds > 0 ? Double(result.tokens) / result.seconds : 0
    return """
      \(Counted(result.conversations, "conversation")) in \(Counted(result.lines, "line")) of \(output): \
      \(Counted(result.tokens, "token")) in \(Decimals.duration(result.seconds)), \
      \(Format.rate(rate)) tokens/s
      """
  }

  /// What took the time; nil where that is not known.
  var times: String? {
    guard let times = result.times else { return nil }
    return """
      reading chunks \(Decimals.duration(times.chunks)), writing questions \(Decimals.duration(times.questions)), \
      answering them \(Decimals.duration(times.answers))
      """
  }

  /// In how many windows the context was read; nil where it was read whole.
  var windows: String? {
    result.windows > 1
      ? "the context is read in \(result.windows) windows, each line has its own before it" : nil
  }

  /// What was left out; nil where nothing was.
  var drops: String? {
    guard result.drops.count > 0 else { return nil }
    return "\(result.drops.count) of \(Counted(result.questions, "question")) left out: "
      + result.drops.text
  }

  /// What is held out; nil where nothing is.
  var heldOut: String? {
    guard result.heldOut > 0 else { return nil }
    return """
      held out: \(Counted(result.heldOut, "conversation")) from \(Decimals.percent(result.heldOutShare)) of the \
      context, of which no other question was written
      """
  }
}
