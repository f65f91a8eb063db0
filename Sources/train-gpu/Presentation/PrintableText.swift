import HuggingFace

extension StringProtocol {
  /// The text in one line without control characters, which a terminal would execute: names and
  /// words may come from a server or a downloaded file. Line ends and tabs become spaces, the rest
  /// is written as its code.
  var printable: String {
    var text = ""
    for character in self {
      if character.isNewline || character == "\t" {
        text += " "
      } else {
        for scalar in character.unicodeScalars {
          text += scalar.isControl ? "\\u{\(String(scalar.value, radix: 16))}" : "\(scalar)"
        }
      }
    }
    return text
  }
}
