/// What happens at a file operation; `fault_injection.c` does it.
enum FaultKind: String, CaseIterable {
  case kill, torn, full, io, readonly

  /// Whether it can happen at an operation of this kind.
  func concerns(_ operation: FileOperation.Kind) -> Bool {
    switch self {
    case .io: true
    case .kill: operation != .read
    case .torn: operation == .write
    case .full: operation == .write || operation == .create
    case .readonly: operation != .read && operation != .sync
    }
  }

  /// Whether the program is ended by it.
  var ends: Bool { self == .kill || self == .torn }
}

/// A file operation of a run, as the trace of `fault_injection.c` has it.
struct FileOperation {
  enum Kind: String {
    case create, change, write, sync, read
  }

  let number: Int
  let kind: Kind
  /// The call and the path.
  let description: String

  init?(line: Substring) {
    let parts = line.split(separator: " ", maxSplits: 2)
    guard parts.count == 3, let number = Int(parts[0]), let kind = Kind(rawValue: String(parts[1]))
    else { return nil }
    (self.number, self.kind, description) = (number, kind, String(parts[2]))
  }
}
