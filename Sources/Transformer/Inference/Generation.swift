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
    var answers = prompts.map { _ in [Int]() }
    var waiting = prompts.indices.map { index in
      Answer(index: index, prompt: prompts[index], limit: limits?[index] ?? options.maximumTokens)
    }
    while !waiting.isEmpty {
      var end = 0
      var rows = 0
      while end < waiting.count, end < activations.responseCapacity,
        rows + waiting[end].room <= room,
        isLong(waiting[end].text.count) == isLong(waiting[0].text.count)
      {
        rows += waiting[end].room
        end += 1
      }
      guard end > 0 else {
        throw .tooLong(what: "prompt and answer", tokens: waiting[0].room, maximum: room)
      }
      let group = Array(waiting[..<end])
      waiting.removeFirst(end)
      var grown: [Answer] = []
      for answer in try generateTogether(group, options: options) {
        if isFinished(answer, options) {
          answers[answer.index] = answer.tokens
        } else {
          grown.append(answer)
        }
      }
      waiting = grown + waiting
      progress(prompts.count - waiting.count)
    }
    return answers
  }

  /// One answer under way.
  private struct Answer {
    let index: Int
    let prompt: [Int]
    let limit: Int
    var tokens: [Int] = []
    var keyStart = 0

    init(index: Int, prompt: [Int], limit: Int) {
      self.index = index
      self.prompt = prompt
      self.limit = limit
    }

    /// What the model has read or is about to read.
    var text: [Int] { prompt + tokens }
    /// Rows of the cache that it takes.
    var room: Int { prompt.count + limit }
  }

  /// Runs answers until all are finished, or have grown into long texts whose keys turn otherwise and must be read anew.
  private func generateTogether(
    _ group: [Answer], options: GenerationOptions
  ) throws(TransformerError) -> [Answer] {
    var done: [Answer] = []
    var active: [Answer] = []
    var sequences: [PackedBatch.Sequence] = []
    var tokens: [Int] = []
    var keyStart = prefixRows
    for var answer in group {
      guard answer.limit > 0 else {
        done.append(answer)
        continue
      }
      try decoder.check(answer.prompt)
      try decoder.checkLength(prefixRows + answer.room, of: "prefix, prompt and answer")
      sequences.append(
        PackedBatch.Sequence(
          rows: answer.text.count, responseRows: 1, keyStart: keyStart, followsPrefix: true))
      tokens += answer.text
      answer.keyStart = keyStart
      keyStart += answer.room
      active.append(answer)
    }
    guard let length = active.map(\.text.count).max() else { return done }
    try turnPrefix(textLength: prefixRows + length)
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
          draws: active.map { Draw(answer: $0.index, place: $0.tokens.count) })
      }
      for place in active.indices { active[place].tokens.append(next[place]) }
      let isOver = { [self] (answer: Answer) in
        isFinished(answer, options) || isLong(answer.text.count) != isLong(length)
      }
      done += active.filter(isOver)
      active.removeAll(where: isOver)
      sequences = active.map {
        PackedBatch.Sequence(
          rows: 1, responseRows: 1, keyStart: $0.keyStart,
          earlierKeys: $0.prompt.count + $0.tokens.count - 1, followsPrefix: true)
      }
      tokens = active.compactMap(\.tokens.last)
    }
    return done
  }

  private func isFinished(_ answer: Answer, _ options: GenerationOptions) -> Bool {
    answer.tokens.count >= answer.limit
      || answer.tokens.last.map(options.stopIdentifiers.contains) ?? false
  }
}
