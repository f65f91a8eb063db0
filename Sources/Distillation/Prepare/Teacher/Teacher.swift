internal import Compute
package import Inference
package import Ranks
package import Transformer

/// The model that reads the context: one span of it at a time, in memory that all of them share.
///
/// A context that the model reads whole is one span.
package final class Teacher {
  /// The frozen model.
  package let decoder: Decoder
  /// Everything before a prompt, for each span.
  private let prefixes: [Prefix]
  private let capacity: PrefixCapacity
  /// Memory for the longest span; nil where the only span was read before.
  private let workspace: DecoderWorkspace?
  /// The span whose keys and values are in memory.
  private var present: (span: Int, model: PrefixedDecoder)?
  /// Rows of the present pass over spans: those read, and all.
  private var pass = (done: 0, total: 0)
  /// How often a span was prefilled.
  package private(set) var prefills = 0

  /// A teacher that has read nothing yet.
  ///
  /// - Parameters:
  ///   - decoder: the model.
  ///   - prefixes: header, context and closing of each span.
  ///   - capacity: the capacity after a prefix.
  /// - Throws: allocation errors.
  package init(
    _ decoder: Decoder, prefixes: [Prefix], capacity: PrefixCapacity
  ) throws(TransformerError) {
    self.decoder = decoder
    self.prefixes = prefixes
    self.capacity = capacity
    workspace = try decoder.workspace(
      prefixRows: prefixes.map(\.rows).max() ?? 0, capacity: capacity)
  }

  /// A teacher of one span, which a model has read.
  package init(_ model: PrefixedDecoder) {
    decoder = model.decoder
    prefixes = []
    capacity = model.capacity
    workspace = nil
    present = (0, model)
  }

  /// The model after a span, which is prefilled unless it was read last.
  ///
  /// - Parameters:
  ///   - span: the index of the span.
  ///   - progress: called with the rows done so far of the present pass, or of the span alone where
  ///     there is none, and their number.
  package func read(
    _ span: Int, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> PrefixedDecoder {
    if let present, present.span == span { return present.model }
    let rows = prefixes[span].rows
    let (done, total) = pass.done < pass.total ? pass : (done: 0, total: rows)
    progress(done, total)
    let model = try unread(span)
    try model.prefill { progress(done + $0, total) }
    pass.done += rows
    prefills += 1
    present = (span, model)
    return model
  }

  /// The model before it has read a span.
  private func unread(_ span: Int) throws(TransformerError) -> PrefixedDecoder {
    guard let workspace else { preconditionFailure("its only span was read before") }
    present = nil
    return try PrefixedDecoder(
      decoder, prefix: prefixes[span], capacity: capacity, workspace: workspace)
  }

  /// Reads the only span, where there is one: of ranks on the same cores the first reads it, with
  /// the threads of all, and the others take its keys and values. Each for itself would take as
  /// long as one thread takes (Benchmarks/README.md). All ranks call it; on GPUs, and where ranks
  /// have cores of their own, it leaves the reading to each.
  ///
  /// - Parameters:
  ///   - ranks: the ranks, each with a teacher of the same model and spans.
  ///   - progress: called with the rows done so far and their number.
  package func readTogether(
    _ ranks: Ranks, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) {
    guard prefixes.count == 1, ranks.shareCores,
      ranks.gather([decoder.device.isCPU]).allSatisfy({ $0 == [true] })
    else { return }
    var values: [Float] = []
    if ranks.isFirstOnCores {
      let threads = (decoder.device.threads ?? 1) * ranks.onSameCores
      let model = try decoder.device.withThreads(threads) { () throws(TransformerError) in
        try read(0, progress: progress)
      }
      values = try model.prefixRowsOfCache()
    }
    // The others leave the cores to the reader.
    ranks.rest()
    let model = if let present { present.model } else { try unread(0) }
    values = ranks.ofFirstOnCores(values, count: model.prefixElements)
    guard present == nil else { return }
    try model.take(prefixRowsOfCache: values)
    present = (0, model)
  }

  /// Begins a pass over spans.
  ///
  /// - Returns: the order with the fewest prefills: first the span that was read last.
  package func pass(over spans: some Sequence<Int>) -> [Int] {
    var rest = Set(spans)
    let last = present.flatMap { rest.remove($0.span) }
    pass = (0, rest.reduce(0) { $0 + prefixes[$1].rows })
    return (last.map { [$0] } ?? []) + rest.sorted()
  }
}
