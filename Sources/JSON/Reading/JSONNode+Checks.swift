extension JSONNode {
  /// Reads JSON, or a string of JSON that holds JSON itself, as tables store lists.
  ///
  /// - Throws: also where the text in the string is damaged, with the place in the file.
  package init(parsingNested bytes: [UInt8], file: String) throws(JSONReadingError) {
    let whole = try JSONNode(parsing: bytes, file: file)
    guard case .string(let string) = whole.json else {
      self = whole
      return
    }
    let text = Array(string.utf8)
    do {
      self.init(try JSON(parsing: text), file: file)
    } catch {
      throw JSONReadingError(
        file: file, path: "", problem: .syntax(error.moved(from: text, to: bytes)))
    }
  }

  /// Checks that every number in the value is finite.
  ///
  /// `NaN` and `Infinity` are read, because Python writes them, and numbers beyond the largest
  /// `Double` are read as infinity; in what a chat template writes, and in what is compared, they
  /// mean nothing.
  ///
  /// - Throws: an error at the first number that is not.
  package func checkFinite() throws(JSONReadingError) {
    switch json {
    case .number(let number) where !number.isFinite:
      throw failure(expected: "a finite number")
    case .array(let elements):
      for (index, json) in elements.enumerated() { try element(json, at: index).checkFinite() }
    case .object(let object):
      for (key, value) in object.members {
        try JSONNode(value, file: file, path: path(of: key)).checkFinite()
      }
    default: break
    }
  }
}

extension JSONSyntaxError {
  /// This error of a text, at its place in the document that is a string of that text.
  fileprivate func moved(from text: [UInt8], to document: [UInt8]) -> JSONSyntaxError {
    var start = 0
    for _ in 1..<line {
      start = text[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? text.count
    }
    var parser = JSONParser(document)
    parser.moveToStringByte(start + column - 1)
    return parser.failure(reason)
  }
}
