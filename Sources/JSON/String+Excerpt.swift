extension String {
  /// The text as a message shows it: a long one up to its 200th character.
  package var excerpt: String { prefix(200) + (count > 200 ? "..." : "") }
}
