extension JSON {
  /// How a value is written as text.
  package struct Layout: Sendable {
    /// Spaces for every level of nesting on lines of their own, or nil for one line.
    package var indentation: Int?
    /// The text between two elements or members.
    package var elementSeparator: String
    /// The text between a key and its value.
    package var keySeparator: String
    /// Whether the members of an object come in the order of their keys' code points.
    package var sortsKeys: Bool
    /// Whether everything outside ASCII is written as an escape.
    package var escapesNonASCII: Bool

    /// Whether a number without fraction is written without `.0`.
    var dropsZeroFractions = false
    /// Whether the end of an empty array or object stands on a line of its own, after an empty one.
    var breaksEmptyContainers = false

    /// A layout; without arguments that of Python's `json.dumps(ensure_ascii=False)`.
    package init(
      indentation: Int? = nil, elementSeparator: String? = nil, keySeparator: String = ": ",
      sortsKeys: Bool = false, escapesNonASCII: Bool = false
    ) {
      self.indentation = indentation
      self.elementSeparator = elementSeparator ?? (indentation == nil ? ", " : ",")
      self.keySeparator = keySeparator
      self.sortsKeys = sortsKeys
      self.escapesNonASCII = escapesNonASCII
    }

    /// The layout of records in files: keys sorted, each member on a line of its own or all on one.
    ///
    /// It is that of Foundation's `JSONEncoder`, because the digests in files cover its bytes.
    package static func record(isIndented: Bool) -> Layout {
      var layout = Layout(
        indentation: isIndented ? 2 : nil, elementSeparator: ",",
        keySeparator: isIndented ? " : " : ":", sortsKeys: true)
      layout.dropsZeroFractions = true
      layout.breaksEmptyContainers = isIndented
      return layout
    }

    /// No white space at all.
    package static let compact = Layout(elementSeparator: ",", keySeparator: ":")
  }

  /// The value as JSON text. Numbers are written as Python writes them, `NaN` and `Infinity`
  /// included.
  package func text(_ layout: Layout = Layout()) -> String {
    var output = ""
    write(to: &output, layout, level: 0)
    return output
  }

  private func write(to output: inout String, _ layout: Layout, level: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    case .unsigned(let value): output += String(value)
    case .number(let value): output += Self.numberText(value, layout)
    case .string(let value): Self.writeString(value, to: &output, layout)
    case .array(let elements):
      Self.writeItems(elements, between: "[", and: "]", to: &output, layout, level) {
        element, output in
        element.write(to: &output, layout, level: level + 1)
      }
    case .object(let object):
      var members = object.members
      if layout.sortsKeys {
        members.sort { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      }
      Self.writeItems(members, between: "{", and: "}", to: &output, layout, level) {
        member, output in
        Self.writeString(member.key, to: &output, layout)
        output += layout.keySeparator
        member.value.write(to: &output, layout, level: level + 1)
      }
    }
  }

  private static func writeItems<Item>(
    _ items: [Item], between open: String, and close: String, to output: inout String,
    _ layout: Layout, _ level: Int, _ write: (Item, inout String) -> Void
  ) {
    output += open
    for (index, item) in items.enumerated() {
      if index > 0 { output += layout.elementSeparator }
      writeLineBreak(to: &output, layout, level: level + 1)
      write(item, &output)
    }
    if items.isEmpty, layout.breaksEmptyContainers { output += "\n" }
    if !items.isEmpty || layout.breaksEmptyContainers {
      writeLineBreak(to: &output, layout, level: level)
    }
    output += close
  }

  private static func writeLineBreak(to output: inout String, _ layout: Layout, level: Int) {
    guard let indentation = layout.indentation else { return }
    output += "\n" + String(repeating: " ", count: indentation * level)
  }

  private static func numberText(_ value: Double, _ layout: Layout) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    let text = value.description
    return layout.dropsZeroFractions && text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func writeString(_ text: String, to output: inout String, _ layout: Layout) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{08}": output += "\\b"
      case "\u{0C}": output += "\\f"
      case _ where scalar.value < 0x20 || (layout.escapesNonASCII && scalar.value > 0x7E):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
