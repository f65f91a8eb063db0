/// A key of a terminal, or a pasted text.
enum Key: Equatable {
  case text(String)
  case pasted(String)
  case enter, backspace, delete, left, right, up, down, home, end
  case deleteToStart, deleteToEnd, deleteWord
  /// Some bytes before were no UTF-8; U+FFFD stands in the place of each such character.
  case unreadable
  /// Ctrl-C.
  case interrupt
  /// Ctrl-D.
  case endOfInput
}

/// Makes keys of the bytes that a terminal sends, as xterm and its descendants write them. Bytes
/// may come in any pieces.
struct KeyDecoder {
  /// Bytes that are the beginning of a key.
  private var pending: [UInt8] = []
  /// Nil outside a pasted text.
  private var paste: [UInt8]?

  /// Asks the terminal to mark pasted text, and not to.
  static let (markingPaste, notMarkingPaste) = ("\u{1B}[?2004h", "\u{1B}[?2004l")

  private static let pasteStart = Array("\u{1B}[200~".utf8)
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  private static let escape: UInt8 = 0x1B

  private static let replacement = Key.text("\u{FFFD}")

  /// Whether the last bytes are an Esc, or the beginning of a key that begins with it.
  var isInEscape: Bool { pending.first == Self.escape }

  /// Takes such an Esc as a key of its own, which means nothing here.
  mutating func endEscape() { if isInEscape { pending = [] } }

  /// The keys that end with these bytes.
  mutating func keys(of bytes: [UInt8]) -> [Key] {
    var keys: [Key] = []
    var isReadable = true
    for byte in bytes {
      if paste != nil {
        if let key = pasted(byte, &isReadable) { keys.append(key) }
        continue
      }
      // A byte that begins another character ends a broken one.
      if let first = pending.first, first >= 0xC0, byte & 0xC0 != 0x80 {
        pending = []
        keys.append(Self.replacement)
        isReadable = false
      }
      // Another Esc begins another key, and so does a byte that no sequence has.
      if isInEscape, byte == Self.escape || pending.count > 1 && !(0x20...0x7E).contains(byte) {
        pending = []
      }
      pending.append(byte)
      guard isComplete else { continue }
      if pending == Self.pasteStart {
        paste = []
      } else if let key = Self.key(pending) {
        keys.append(key)
        if key == Self.replacement { isReadable = pending == Array("\u{FFFD}".utf8) && isReadable }
      }
      pending = []
    }
    return isReadable ? keys : keys + [.unreadable]
  }

  private mutating func pasted(_ byte: UInt8, _ isReadable: inout Bool) -> Key? {
    paste?.append(byte)
    guard let bytes = paste, bytes.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else {
      return nil
    }
    paste = nil
    let typed = bytes.dropLast(Self.pasteEnd.count)
    if String(validating: typed, as: UTF8.self) == nil { isReadable = false }
    let text = String(decoding: typed, as: UTF8.self)
    return .pasted(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
  }

  /// Whether the pending bytes are a whole key.
  private var isComplete: Bool {
    let first = pending[0]
    if first == Self.escape {
      guard pending.count > 1 else { return false }
      switch Unicode.Scalar(pending[1]) {
      case "[": return pending.count > 2 && (0x40...0x7E).contains(pending[pending.count - 1])
      case "O": return pending.count > 2
      default: return true
      }
    }
    return pending.count >= (first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1)
  }

  /// The key of its bytes; nil for keys that mean nothing here.
  private static func key(_ bytes: [UInt8]) -> Key? {
    if bytes[0] == escape {
      return escapeSequences[String(decoding: bytes.dropFirst(), as: UTF8.self)]
    }
    if bytes.count == 1, let key = controlKeys[bytes[0]] { return key }
    guard bytes[0] >= 0x20 || bytes[0] == UInt8(ascii: "\t") else { return nil }
    return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? replacement
  }

  private static let controlKeys: [UInt8: Key] = [
    0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right,
    0x08: .backspace, 0x0A: .text("\n"), 0x0B: .deleteToEnd, 0x0D: .enter, 0x0E: .down, 0x10: .up,
    0x15: .deleteToStart, 0x17: .deleteWord, 0x7F: .backspace,
  ]

  /// By what follows the escape character; Alt and Enter begin a new line.
  private static let escapeSequences: [String: Key] = [
    "[A": .up, "[B": .down, "[C": .right, "[D": .left, "[H": .home, "[F": .end,
    "OA": .up, "OB": .down, "OC": .right, "OD": .left, "OH": .home, "OF": .end,
    "[1~": .home, "[7~": .home, "[4~": .end, "[8~": .end, "[3~": .delete, "\r": .text("\n"),
  ]
}
