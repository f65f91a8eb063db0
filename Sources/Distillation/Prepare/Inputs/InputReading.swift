/// How a run's files become examples. A checkpoint records it, so that a run which an older program began goes on with the
/// examples that it was begun with.
package enum InputReading: String, Sendable, Codable {
  /// As the first programs read: line ends of a context count as they are, a raw model's completions end without an end token,
  /// and a prompt that stands in the file twice may be on both sides of a held-out share.
  case earlier
  /// Line ends of a context are read as LF, completions of a raw model end with its end token, and examples of one prompt are held
  /// out together.
  case present
}
