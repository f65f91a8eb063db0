extension Unicode.Scalar {
  /// Whether a terminal takes it for a command, or shows other characters in another order because
  /// of it: control characters, and marks that change the direction of a text.
  package var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
