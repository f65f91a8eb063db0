import Foundation
import HuggingFace
import JSON

extension ToolDefinitions {
  /// Reads a file of tools: a list, or its JSON as a text.
  ///
  /// - Throws: when it cannot be read, or is no list of functions.
  package init(contentsOf url: URL) throws(DistillationError) {
    let bytes = try TextFile.bytes(of: url)
    self = try reading { () throws(JSONReadingError) in
      try ToolDefinitions(parsing: bytes, file: url.path)
    }
  }

  /// What an adapter and a report tell of them.
  var record: ToolRecord { ToolRecord(names: functions.map(\.name), digest: digest) }
}
