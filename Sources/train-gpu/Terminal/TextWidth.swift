import CTerminal
import HuggingFace

extension Character {
  /// Columns on a terminal: those of its widest scalar, since the others combine with it.
  var terminalWidth: Int {
    let widths = unicodeScalars.map { scalar in
      // This one requests the picture of the character before it, which is wide.
      scalar == "\u{FE0F}" ? 2 : max(Int(terminal_scalar_width(scalar.value)), 0)
    }
    return widths.max() ?? 0
  }
}

extension String {
  /// Columns on a terminal.
  var terminalWidth: Int { reduce(0) { $0 + $1.terminalWidth } }

  /// The text without control characters, which a terminal would execute, except line ends; a tab
  /// becomes two spaces.
  var terminalText: String {
    guard unicodeScalars.contains(where: { $0.isControl && $0 != "\n" }) else { return self }
    return split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.replacing("\t", with: "  ").printable }.joined(separator: "\n")
  }
}
