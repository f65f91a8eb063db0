import Files
import JSON

/// Why a safetensors file could not be read or written. ``description`` is one line that names the
/// file, the place in it, what was expected and what was found.
package struct SafetensorsError: Error, Equatable, Sendable {
  /// The path of the file, as the caller gave it.
  package let file: String

  /// What is wrong.
  package let problem: Problem

  /// The closed set of things that can be wrong.
  package enum Problem: Error, Equatable, Sendable {
    /// A call of the operating system failed: what was tried, and the system's reason.
    case system(action: String, reason: String)
    /// The path does not lead to a regular file.
    case notAFile(SpecialFile)
    /// The file is of another kind, such as a Git LFS pointer.
    case otherKind(FileKind)
    /// The file is too short even for the eight bytes of the header's length.
    case tooShort(found: Int)
    /// The header's length is more than the format allows.
    case headerTooLong(found: UInt64, limit: Int)
    /// The header does not end inside the file.
    case headerBeyondFile(headerLength: Int, fileLength: Int)
    /// The header is not the JSON that the format requires.
    case malformedHeader(reason: String)
    /// A tensor has an element type that is not supported.
    case unknownElementType(tensor: String, found: String)
    /// Element type and shape need another number of bytes than the offsets give.
    case sizeMismatch(tensor: String, expected: Int, found: Int)
    /// Shape or offsets of a tensor are beyond what can be counted.
    case sizeOverflow(tensor: String)
    /// The offsets of a tensor are reversed.
    case offsetsReversed(tensor: String, begin: Int, end: Int)
    /// A tensor lies beyond the end of the file.
    case beyondFile(tensor: String, end: Int, dataLength: Int)
    /// Two tensors share bytes.
    case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
    /// Bytes in front of a tensor, or at the end of the file, belong to no tensor.
    case hole(before: String?, begin: Int, end: Int)
    /// The file became shorter while it was mapped.
    case shrunk(expected: Int, found: Int)
    /// The file has no such tensor.
    case missingTensor(String)
    /// A tensor has another shape than the caller needs.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// A tensor has another element type than the caller can use.
    case wrongElementType(tensor: String, expected: String, found: ElementType)
    /// A tensor holds a NaN or an infinity at this element, counted in row-major order.
    case notFinite(tensor: String, element: Int)
    /// The writer was given other bytes than it announced.
    case wrongByteCount(expected: Int, found: Int)
  }

  /// An error about `file`.
  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension SafetensorsError {
  /// An error of the operating system as an error of this file.
  init(_ error: FileError) {
    self.init(file: error.path, problem: .system(action: error.action, reason: error.reason))
  }
}

extension SafetensorsError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch problem {
    case .wrongShape(let tensor, _, _), .wrongElementType(let tensor, _, _),
      .notFinite(let tensor, _):
      "\(tensor) in \(file): \(problem.statement)"
    default:
      "\(file): \(problem.statement)"
    }
  }
}

extension SafetensorsError.Problem {
  /// What was expected and what was found.
  fileprivate var statement: String {
    switch self {
    case .system(let action, let reason): "cannot \(action): \(reason)"
    case .notAFile(let found): "expected a file, found \(found)"
    case .otherKind(let kind): "expected a safetensors file, found \(kind)"
    case .tooShort(let found):
      "expected at least 8 bytes of header length, found \(found) bytes in all"
    case .headerTooLong(let found, let limit):
      "expected a header of at most \(limit) bytes, found a header length of \(found)"
    case .headerBeyondFile(let headerLength, let fileLength):
      "header length \(headerLength) goes beyond the file's \(fileLength) bytes "
        + "(truncated, or not a safetensors file)"
    case .malformedHeader(let reason): "header: \(reason)"
    case .unknownElementType(let tensor, let found):
      "header, tensor \(tensor): element type \(found) is not supported, expected one of "
        + ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .sizeMismatch(let tensor, let expected, let found):
      "header, tensor \(tensor): type and shape need \(expected) bytes, found \(found)"
    case .sizeOverflow(let tensor):
      "header, tensor \(tensor): expected sizes that can be counted, found an overflow"
    case .offsetsReversed(let tensor, let begin, let end):
      "header, tensor \(tensor): data_offsets end at \(end), before they begin at \(begin)"
    case .beyondFile(let tensor, let end, let dataLength):
      "header, tensor \(tensor): data_offsets end at \(end), but the file holds "
        + "\(dataLength) bytes of data (truncated?)"
    case .overlap(let tensor, let begin, let previous, let previousEnd):
      "header, tensor \(tensor): data_offsets begin at \(begin), inside \(previous), "
        + "which ends at \(previousEnd)"
    case .hole(let before?, let begin, let end):
      "header, tensor \(before): expected data_offsets to begin at \(begin), found \(end)"
    case .hole(nil, let begin, let end):
      "expected the data to end with its last tensor at \(begin), found \(end) bytes of data"
    case .shrunk(let expected, let found):
      "expected \(expected) bytes as when the file was opened, found \(found)"
    case .missingTensor(let tensor): "expected a tensor \(tensor), found none"
    case .wrongShape(_, let expected, let found):
      "expected shape \(expected), found \(found)"
    case .wrongElementType(_, let expected, let found):
      "expected \(expected), found \(found)"
    case .notFinite(_, let element):
      "expected finite numbers, found NaN or infinity at element \(element)"
    case .wrongByteCount(let expected, let found):
      "expected \(expected) bytes of tensors to be written, found \(found)"
    }
  }
}

extension SafetensorsError.Problem {
  /// The failure of a mapping.
  init(_ failure: MappedFile.Failure) {
    switch failure {
    case .system(let error): self = .system(action: error.action, reason: error.reason)
    case .notAFile(let found): self = .notAFile(found)
    }
  }
}
