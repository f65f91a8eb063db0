import HuggingFace

/// The version of the rules that turn a run's files into examples. Checkpoints and adapters record
/// it, so that a run of an older program is resumed with the same examples.
package enum InputReading: String, Sendable, Codable {
  /// The first programs: line ends of a context are kept, a raw model's completions end without an
  /// end token, and a prompt that occurs twice in the file may be on both sides of a held-out
  /// split.
  case earlier
  /// Line ends of a context are read as LF, completions of a raw model end with its end token, and
  /// examples of one prompt are held out together; header, context, closing, prompt and response of
  /// a chat template are tokenized each by itself.
  case apart = "present"
  /// As ``apart``, with the tokens of a chat template's whole text.
  case present = "whole"

  /// The tokenization of a chat template's parts.
  var pieces: PieceReading { self == .present ? .inPlace : .apart }
}
