internal import Compute
package import Transformer

/// Options of generation: greedy, or sampling from the distribution.
package struct GenerationOptions: Sendable {
  /// The most tokens of an answer.
  package var maximumTokens: Int
  /// Nil or 0 takes the most likely token; else tokens are drawn from softmax(logits /
  /// temperature).
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
  /// Generates answers to prompts, many at a time, all after the one prefix. When an answer ends,
  /// the next prompt takes its rows of the cache. Other sequences in the batch change at most the
  /// rounding of an answer's logits: GEMMs of many rows add in another order than those of few.
  ///
  /// - Parameters:
  ///   - prompts: token ids, at least one each.
  ///   - options: the options of generation.
  ///   - limits: the most tokens of each answer; `options.maximumTokens` where nil.
  ///   - numbers: the number of each prompt, of which follows what it draws; nil counts them from
  ///     0.
  ///   - progress: called with the tokens generated so far and their upper bound; an answer that
  ///     ends early lowers the bound.
  ///   - isCancelled: called before every token; true ends the generation.
  /// - Returns: the tokens of each answer, including its stop token; of a cancelled generation
  ///   those of the answers that have ended.
  package func generate(
    _ prompts: [[Int]], options: GenerationOptions, limits: [Int]? = nil, numbers: [Int]? = nil,
    progress: (_ made: Int, _ most: Int) -> Void = { _, _ in },
    isCancelled: () -> Bool = { false }
  ) throws(TransformerError) -> [[Int]] {
    let all = prompts.indices.map { index in
      Answer(
        index: index, number: numbers?[index] ?? index, prompt: prompts[index],
        limit: limits?[index] ?? options.maximumTokens)
    }
    for answer in all { try check(answer) }
    var waiting = all.filter { $0.limit > 0 }
    guard let smallest = waiting.map(\.rows).min() else { return prompts.map { _ in [] } }
    let together = min(waiting.count, activations.responseCapacity, capacity.rows / smallest)
    let sampler = try computing { () throws(ComputeError) in
      try TokenSampler(decoder, capacity: together, options: options)
    }
    var answers = prompts.map { _ in [Int]() }
    var active: [Answer] = []
    var rows = FreeRows(prefixRows..<(prefixRows + capacity.rows))
    var (made, most) = (0, waiting.reduce(0) { $0 + $1.limit })
    while !(waiting.isEmpty && active.isEmpty), !isCancelled() {
      try admit(&waiting, to: &active, most: together, &rows)
      let isLong = isLong(active[0].text.count)
      try advance(&active, sampler)
      made += active.count
      var staying: [Answer] = []
      for answer in active {
        if answer.isFinished(options) {
          answers[answer.index] = answer.tokens
          most -= answer.limit - answer.tokens.count
        } else if self.isLong(answer.text.count) != isLong {
          // It has become a long text, with other rotary frequencies: it is prefilled again.
          waiting.append(answer.unread)
        } else {
          staying.append(answer)
          continue
        }
        rows.giveBack(answer.keys)
      }
      active = staying
      progress(made, most)
    }
    return answers
  }

  /// One answer, waiting or active.
  private struct Answer {
    let index: Int
    /// Of which follows what it draws.
    let number: Int
    let prompt: [Int]
    let limit: Int
    var tokens: [Int] = []
    /// Its rows of the cache, once it is active.
    var keys = 0..<0
    /// Tokens whose keys are in the cache.
    var read = 0

    init(index: Int, number: Int, prompt: [Int], limit: Int) {
      self.index = index
      self.number = number
      self.prompt = prompt
      self.limit = limit
    }

    /// The prompt and the tokens generated so far.
    var text: [Int] { prompt + tokens }
    /// Rows of the cache that it needs.
    var rows: Int { prompt.count + limit }

    /// This answer with nothing in the cache.
    var unread: Answer {
      var copy = self
      copy.keys = 0..<0
      copy.read = 0
      return copy
    }

    func isFinished(_ options: GenerationOptions) -> Bool {
      tokens.count >= limit || tokens.last.map(options.stopIdentifiers.contains) ?? false
    }
  }

  private func check(_ answer: Answer) throws(TransformerError) {
    try decoder.check(answer.prompt)
    try decoder.checkLength(prefixRows + answer.rows, of: "prefix, prompt and answer")
    // An answer that has become a long text is prefilled again in one run.
    if answer.rows > capacity.runRows {
      throw .tooLong(what: "prompt and answer", tokens: answer.rows, maximum: capacity.runRows)
    }
  }

  /// Makes waiting answers active, in their order, while the cache and a run have capacity and the
  /// answers have the rotary frequencies of the active ones.
  private func admit(
    _ waiting: inout [Answer], to active: inout [Answer], most: Int, _ rows: inout FreeRows
  ) throws(TransformerError) {
    var count = 0
    var runRows = active.count
    for var answer in waiting {
      let length = answer.text.count
      if let other = active.first {
        guard isLong(length) == isLong(other.text.count) else { break }
      } else {
        try prefill(forTextLength: prefixRows + length)
      }
      guard active.count < most, runRows + length <= capacity.runRows,
        let keys = rows.take(answer.rows)
      else { break }
      runRows += length
      answer.keys = keys
      active.append(answer)
      count += 1
    }
    waiting.removeFirst(count)
  }

  /// Runs the model over the unread tokens of the answers and takes the next token of each.
  private func advance(
    _ active: inout [Answer], _ sampler: TokenSampler
  ) throws(TransformerError) {
    var run = RunLayout(afterPrefixRows: prefixRows)
    for index in active.indices {
      let answer = active[index]
      let text = answer.text
      run.append(
        text[answer.read...], responseRows: 1, keyStart: answer.keys.lowerBound,
        earlierKeys: answer.read)
      active[index].read = text.count
    }
    try forward(run)
    let draws = active.map { Draw(answer: $0.number, token: $0.tokens.count) }
    let next = try computing { () throws(ComputeError) in
      try sampler.next(activations.states, draws: draws)
    }
    for index in active.indices { active[index].tokens.append(next[index]) }
  }
}
