package import Inference
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
    guard let workspace else { preconditionFailure("its only span was read before") }
    let prefix = prefixes[span]
    let (done, total) =
      pass.done < pass.total ? pass : (done: 0, total: prefix.rows)
    progress(done, total)
    present = nil
    let model = try PrefixedDecoder(
      decoder, prefix: prefix, capacity: capacity, workspace: workspace)
    try model.prefill { progress(done + $0, total) }
    pass.done += prefix.rows
    prefills += 1
    present = (span, model)
    return model
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
