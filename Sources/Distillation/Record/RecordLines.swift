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

  /// A line for the user on one that is cut: a program that is killed, or a full disk, leaves the
  /// beginning of a line behind the others.
  var cutNotice: String? {
    cutLine.map { RecordCoding.cutNotice(file, line: $0) }
  }

  /// The number of records, for a message.
  var count: String {
    records.isEmpty && cutLine == nil
      ? "none" : "\(records.count)\(cutLine == nil ? "" : " and the beginning of another")"
  }
}
