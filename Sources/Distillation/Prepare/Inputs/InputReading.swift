import HuggingFace

/// How a run's files become examples. A checkpoint and an adapter record it, so that what an older program began goes on with the
/// examples that it was begun with.
package enum InputReading: String, Sendable, Codable {
  /// As the first programs read: line ends of a context count as they are, a raw model's completions end without an end token,
  /// and a prompt that stands in the file twice may be on both sides of a held-out share.
  case earlier
  /// Line ends of a context are read as LF, completions of a raw model end with its end token, and examples of one prompt are held
  /// out together; but in a chat template header, context, closing, prompt and response are tokenized each by itself.
  case apart = "present"
  /// As ``apart``, with the tokens that a chat template's whole text has.
  case present = "whole"

  /// How the texts of a chat template become tokens.
  var pieces: PieceReading { self == .present ? .inPlace : .apart }
}
