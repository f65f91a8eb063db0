internal import Compute

/// How a model answers: greedily, or by drawing from its distribution.
package struct GenerationOptions: Sendable {
  /// The most tokens of an answer.
  package var maximumTokens: Int
  /// Nil or 0 takes the most likely token; else tokens are drawn from softmax(logits / temperature).
  package var temperature: Float
  package var seed: UInt64
  /// Tokens that end an answer; they are part of it.
  package var stopIdentifiers: Set<Int>

  package init(
    maximumTokens: Int, temperature: Float = 0, seed: UInt64 = 0, stopIdentifiers: Set<Int> = []
  ) {
    self.maximumTokens = maximumTokens
    self.temperature = temperature
    self.seed = seed
    self.stopIdentifiers = stopIdentifiers
  }
}

extension PrefixedDecoder {
  /// Answers prompts, many at a time, all behind the one prefix.
  ///
  /// - Parameters:
  ///   - prompts: token ids, at least one each.
  ///   - limits: the most tokens of each answer; `options.maximumTokens` where nil.
  ///   - progress: called with the answers that are finished.
  /// - Returns: the tokens of each answer, its stop token among them.
  package func generate(
    _ prompts: [[Int]], options: GenerationOptions, limits: [Int]? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> [[Int]] {
    let limits = limits ?? [Int](repeating: options.maximumTokens, count: prompts.count)
    var answers: [[Int]] = []
    while answers.count < prompts.count {
      let first = answers.count
      var end = first
      var rows = 0
      while end < prompts.count, end - first < activations.responseCapacity,
        rows + prompts[end].count + limits[end] <= room
      {
        rows += prompts[end].count + limits[end]
        end += 1
      }
      guard end > first else {
        throw .tooLong(
          what: "prompt and answer", tokens: prompts[first].count + limits[first], maximum: room)
      }
      answers += try generateTogether(
        Array(prompts[first..<end]), limits: Array(limits[first..<end]), firstIndex: first,
        options: options)
      progress(end)
    }
    return answers
  }

  /// One answer under way.
  private struct Answer {
    var index: Int
    var keyStart: Int
    var keys: Int
    var limit: Int
    var tokens: [Int] = []
  }

  private func generateTogether(
    _ prompts: [[Int]], limits: [Int], firstIndex: Int, options: GenerationOptions
  ) throws(TransformerError) -> [[Int]] {
    var answers = prompts.map { _ in [Int]() }
    var active: [Answer] = []
    var sequences: [PackedBatch.Sequence] = []
    var tokens: [Int] = []
    var keyStart = prefixRows
    for (index, prompt) in prompts.enumerated() where limits[index] > 0 {
      try decoder.check(prompt)
      try decoder.checkLength(
        prefixRows + prompt.count + limits[index], of: "prefix, prompt and answer")
      sequences.append(
        PackedBatch.Sequence(
          rows: prompt.count, responseRows: 1, keyStart: keyStart, followsPrefix: true))
      active.append(
        Answer(index: index, keyStart: keyStart, keys: prompt.count, limit: limits[index]))
      tokens += prompt
      keyStart += prompt.count + limits[index]
    }
    let sampler = try computing { () throws(ComputeError) in
      try TokenSampler(decoder, capacity: active.count, options: options)
    }
    while !active.isEmpty {
      let next = try computing { () throws(ComputeError) in
        try load(tokens)
        try batch.fill(sequences, prefixRows: prefixRows)
        try decoder.forward(batch, cache: cache, activations: activations)
        return try sampler.next(
          activations.states,
          draws: active.map { Draw(answer: firstIndex + $0.index, place: $0.tokens.count) })
      }
      for place in active.indices { active[place].tokens.append(next[place]) }
      for answer in active where isFinished(answer, options) {
        answers[answer.index] = answer.tokens
      }
      active.removeAll { isFinished($0, options) }
      sequences = active.map {
        PackedBatch.Sequence(
          rows: 1, responseRows: 1, keyStart: $0.keyStart,
          earlierKeys: $0.keys + $0.tokens.count - 1,
          followsPrefix: true)
      }
      tokens = active.compactMap(\.tokens.last)
    }
    return answers
  }

  private func isFinished(_ answer: Answer, _ options: GenerationOptions) -> Bool {
    answer.tokens.count >= answer.limit
      || answer.tokens.last.map(options.stopIdentifiers.contains) ?? false
  }
}
