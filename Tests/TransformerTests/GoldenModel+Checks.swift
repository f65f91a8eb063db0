import Compute
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension GoldenModel {
  /// Two sequences, no prefix, gradients of every input.
  func checkWholeSequences(
    _ decoder: Decoder, gradientWithin tolerance: Tolerance = .model, _ comment: Comment
  ) throws {
    // Rounded weights have rounded embeddings, so inputs come from the model's own table.
    let inputs = try decoder.inputs(of: identifiers.flatMap(\.self))
    let half = inputs.count / 2
    let found = try OpenLoss(decoder: decoder).run(
      prefix: [], inputs: [Array(inputs[..<half]), Array(inputs[half...])],
      teacherLogits: try common("teacher_logits"))
    try expectLogits(found.logits, "logits", comment)
    let loss = try scalar("loss")
    #expect(abs(found.loss - loss) / loss < Tolerance.model.rawValue, comment)
    let gradient = try floats("grad_inputs_embeds").map(Double.init)
    #expect(relativeError(found.gradient, gradient) < tolerance.rawValue, comment)
  }

  /// The shared prefix is eight embeddings that are no tokens'.
  func checkSoftPrompt(
    _ decoder: Decoder, gradientWithin tolerance: Tolerance = .model, _ comment: Comment
  ) throws {
    let teacher = try common("teacher_logits")
    let found = try OpenLoss(decoder: decoder).run(
      prefix: try common("prompt_embeds"), inputs: [try decoder.inputs(of: identifiers[0])],
      teacherLogits: Array(teacher[..<(teacher.count / 2)]))
    try expectLogits(found.logits, "sp_logits", comment)
    let loss = try scalar("sp_loss")
    #expect(abs(found.loss - loss) / loss < Tolerance.model.rawValue, comment)
    let gradient = try floats("sp_grad_prompt").map(Double.init)
    #expect(relativeError(found.gradient, gradient) < tolerance.rawValue, comment)
  }

  /// From token ids, without and with virtual tokens before them, and the greedy continuation.
  func checkTokenRows(_ decoder: Decoder, _ comment: Comment) throws {
    let identifiers = try identifiers
    let logits = try floats("logits").map(Double.init)
    let plain = try decoder.logits(of: identifiers[0])
    #expect(relativeError(plain, Array(logits[..<plain.count])) < Tolerance.model.rawValue, comment)
    let virtual = try decoder.logits(
      of: identifiers[0],
      after: Prefix(
        .prompt(
          LearnedPrompt(
            embeddings: try common("prompt_embeds"), width: decoder.configuration.hiddenSize))))
    try expectLogits(virtual, "sp_logits", comment)
    guard prefix.isEmpty else { return }
    let greedy = try reference.integers(of: "greedy_ids", shape: nil).map { Int($0) }
    // One prompt after the other's prefix, and the same prompt with its first half as the prefix.
    for split in [0, 11] {
      let prefixed = try decoder.prefill(
        Prefix(Frame(header: Array(identifiers[0][..<split])), .nothing),
        capacity: PrefixCapacity(rows: 64, responseRows: 64), chunk: 7)
      let answers = try prefixed.generate(
        [Array(identifiers[0][split...])],
        options: GenerationOptions(maximumTokens: greedy.count))
      #expect(answers == [greedy], comment)
    }
  }

  /// A text that is longer than a window, or than short texts, at once and after prefilled
  /// prefixes.
  func checkLongText(_ decoder: Decoder, _ comment: Comment) throws {
    guard reference.tensors["long_input_ids"] != nil else { return }
    let text = try reference.integers(of: "long_input_ids", shape: nil).map { Int($0) }
    let expected = try floats("long_last_logits").map(Double.init)
    let last = expected.count / decoder.configuration.vocabularySize
    for split in [0, 5, text.count - last] {
      let prefixed = try decoder.prefill(
        Prefix(Frame(header: Array(text[..<split])), .nothing),
        capacity: PrefixCapacity(rows: text.count - split, responseRows: last), chunk: 7)
      var found: [Float] = []
      try prefixed.run([(Array(text[split...]), last)]) { _, states, rows throws(ComputeError) in
        found = try decoder.downloadLogits(of: states, rows: rows)
      }
      #expect(relativeError(found, expected) < Tolerance.model.rawValue, comment)
    }
  }

  private func expectLogits(_ found: [Float], _ name: String, _ comment: Comment) throws {
    let reference = try floats(name).map(Double.init)
    #expect(relativeError(found, reference) < Tolerance.model.rawValue, comment)
  }

  private func scalar(_ name: String) throws -> Double { Double(try floats(name)[0]) }
}

extension Decoder {
  /// The input rows of tokens: [count, E].
  func inputs(of identifiers: [Int]) throws(ComputeError) -> [Float] {
    let tokens = try device.rowIndices(identifiers.map(Int32.init))
    var rows = try device.buffer(
      of: Float.self, count: identifiers.count * configuration.hiddenSize)
    try embed(tokens, count: identifiers.count, into: &rows)
    return try device.download(rows)
  }

  /// The logits of states: [rows, V], computed on the host from the head's output.
  func downloadLogits(
    of states: borrowing DeviceBuffer<Float>, rows: Int
  ) throws(ComputeError) -> [Float] {
    let shape = configuration.logitShape
    var logits = try device.buffer(of: Float.self, count: rows * configuration.vocabularySize)
    try device.matmul(states, head, rows: rows, into: &logits)
    return try device.download(logits).map { logit in
      guard let cap = shape.softCap else { return shape.scale * logit }
      return cap * tanh(shape.scale * logit / cap)
    }
  }
}
