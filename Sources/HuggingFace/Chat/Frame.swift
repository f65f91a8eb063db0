/// The frozen tokens around a context, or around the learned prompt that replaces it:
///
///     header | context or learned prompt | closing
///
/// They are the same for every example.
package struct Frame: Sendable, Equatable {
  /// The tokens before it.
  package var header: [Int]
  /// The tokens between it and the prompt.
  package var closing: [Int]

  /// A frame; by default an empty one.
  package init(header: [Int] = [], closing: [Int] = []) {
    self.header = header
    self.closing = closing
  }
}
