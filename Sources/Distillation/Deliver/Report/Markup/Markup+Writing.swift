extension Markup {
  /// The markup as HTML.
  var html: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to output: inout String) {
    switch self {
    case .text(let text): Self.escape(text, to: &output)
    case .group(let parts): for part in parts { part.write(to: &output) }
    case .sheet(let sheet): output += sheet.css
    case .element(let tag, let attributes, let content):
      output += "<\(tag.rawValue)"
      for attribute in attributes where !attribute.value.isEmpty {
        output += " \(attribute.name)=\""
        Self.escape(attribute.value, to: &output)
        output += "\""
      }
      if tag.isVoid {
        output += "/>"
        return
      }
      output += ">"
      content.write(to: &output)
      output += "</\(tag.rawValue)>"
    }
  }

  /// Appends a text without anything that HTML reads as markup. Control characters, which HTML
  /// forbids, become U+FFFD, so that they are seen.
  private static func escape(_ text: String, to output: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "'": output += "&#39;"
      case "\n", "\t": output.unicodeScalars.append(scalar)
      case "\0"..<" ", "\u{7f}"..."\u{9f}": output += "\u{fffd}"
      default: output.unicodeScalars.append(scalar)
      }
    }
  }
}
