/// The records of a file of lines.
struct RecordLines<Record> {
  /// One of each whole line.
  var records: [Record] = []
  /// The number of a last line that is cut, from 1; nil where all are whole.
  var cutLine: Int?
  /// The path of the file.
  let file: String

  /// No lines yet.
  init(file: String) { self.file = file }

  /// The records of a file in which no line may be cut.
  ///
  /// - Throws: for the line that is.
  @discardableResult func checkWhole() throws(DistillationError) -> [Record] {
    guard let cutLine else { return records }
    throw .line(
      file: file, line: cutLine, column: nil,
      reason: "expected a whole line at the end of the file, found the beginning of one")
  }
}
