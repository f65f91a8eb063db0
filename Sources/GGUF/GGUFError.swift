import Files
import JSON
import Weights

/// Why a GGUF file could not be read. ``description`` is one line that names the file, the place in
/// it, what was expected and what was found.
package struct GGUFError: Error, Equatable, Sendable {
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
    /// The file is of another kind, which `FileKind` or the reader of older formats names.
    case otherKind(String)
    /// A version of the format that is not read.
    case otherVersion(UInt32)
    /// The numbers of the file are big-endian.
    case bigEndian
    /// Something of the header does not end inside the file.
    case truncated(place: String, needed: UInt64, at: Int, fileLength: Int)
    /// A count is more than the file has bytes for.
    case countBeyondFile(place: String, count: UInt64, at: Int, fileLength: Int)
    /// A name is longer than the format allows.
    case nameTooLong(place: String, found: UInt64, limit: Int)
    /// A text is not UTF-8.
    case notUTF8(place: String)
    /// A key of the metadata stands twice.
    case duplicateKey(String)
    /// A tensor stands twice.
    case duplicateTensor(String)
    /// A metadata value is of a type that the format does not know.
    case unknownValueType(key: String, found: UInt32)
    /// An array of arrays.
    case nestedArray(key: String)
    /// A metadata value is absent, or not as expected.
    case metadata(key: String, expected: String, found: String)
    /// A tensor has a type that is not read.
    case unknownTensorType(tensor: String, found: String)
    /// The shape of a tensor is not one.
    case badShape(tensor: String, expected: String, found: String)
    /// The rows of a tensor are no whole number of blocks.
    case partialBlock(tensor: String, columns: Int, type: WeightFormat)
    /// Shape or offset of a tensor are beyond what can be counted.
    case sizeOverflow(tensor: String)
    /// The offset of a tensor is no multiple of the file's alignment.
    case misaligned(tensor: String, offset: UInt64, alignment: Int)
    /// A tensor lies beyond the end of the file.
    case beyondFile(tensor: String, end: Int, dataLength: Int)
    /// Two tensors share bytes.
    case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
    /// The file became shorter while it was mapped.
    case shrunk(expected: Int, found: Int)
    /// The file has no such tensor.
    case missingTensor(String)
    /// A tensor is not one of the architecture's.
    case unexpectedTensor(tensor: String, architecture: String)
    /// A tensor has another shape than the caller needs; outermost first.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// A tensor holds a NaN or an infinity at this element, counted in row-major order.
    case notFinite(tensor: String, element: Int)
  }

  /// An error about `file`.
  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension GGUFError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String { "\(file): \(problem.statement)".escapingControls }
}

extension GGUFError.Problem {
  /// What was expected and what was found.
  fileprivate var statement: String {
    switch self {
    case .system(let action, let reason): "cannot \(action): \(reason)"
    case .notAFile(let found): "expected a file, found \(found)"
    case .otherKind(let kind): "expected a GGUF file, found \(kind)"
    case .otherVersion(let found):
      "expected GGUF of version 2 or 3, found version \(found)"
        + (found < 2 ? "; convert the model again with a llama.cpp of today" : "")
    case .bigEndian: "expected a little-endian GGUF file, found a big-endian one"
    case .truncated(let place, let needed, let at, let fileLength):
      "\(place): expected \(needed) more bytes at \(at), but the file holds \(fileLength) bytes "
        + "(truncated?)"
    case .countBeyondFile(let place, let count, let at, let fileLength):
      "\(place): a count of \(count) at \(at) goes beyond the file's \(fileLength) bytes "
        + "(truncated?)"
    case .nameTooLong(let place, let found, let limit):
      "\(place): expected a name of at most \(limit) bytes, found \(found)"
    case .notUTF8(let place): "\(place): expected text in UTF-8, found other bytes"
    case .duplicateKey(let key): "metadata \(key.excerpt): expected one value, found a second"
    case .duplicateTensor(let tensor): "tensor \(tensor): expected one, found a second"
    case .unknownValueType(let key, let found):
      "metadata \(key.excerpt): expected a value type of 0 to 12, found \(found)"
    case .nestedArray(let key):
      "metadata \(key.excerpt): expected an array of numbers, truth values or strings, "
        + "found an array of arrays"
    case .metadata(let key, let expected, let found):
      "metadata \(key.excerpt): expected \(expected), found \(found)"
    case .unknownTensorType(let tensor, let found):
      "tensor \(tensor): type \(found) is not supported, expected one of "
        + WeightFormat.allCases.map(\.ggmlName).joined(separator: ", ")
    case .badShape(let tensor, let expected, let found):
      "tensor \(tensor): expected \(expected), found \(found)"
    case .partialBlock(let tensor, let columns, let type):
      "tensor \(tensor): expected rows in blocks of \(type.blockElements) elements, as "
        + "\(type.ggmlName) needs, found rows of \(columns)"
    case .sizeOverflow(let tensor):
      "tensor \(tensor): expected sizes that can be counted, found an overflow"
    case .misaligned(let tensor, let offset, let alignment):
      "tensor \(tensor): expected an offset that is a multiple of \(alignment), found \(offset)"
    case .beyondFile(let tensor, let end, let dataLength):
      "tensor \(tensor): ends at \(end), but the file holds \(dataLength) bytes of data "
        + "(truncated?)"
    case .overlap(let tensor, let begin, let previous, let previousEnd):
      "tensor \(tensor): begins at \(begin), inside \(previous), which ends at \(previousEnd)"
    case .shrunk(let expected, let found):
      "expected \(expected) bytes as when the file was opened, found \(found)"
    case .missingTensor(let tensor): "expected a tensor \(tensor), found none"
    case .unexpectedTensor(let tensor, let architecture):
      "tensor \(tensor): expected one of architecture \(architecture), which has none of this name"
    case .wrongShape(let tensor, let expected, let found):
      "tensor \(tensor): expected shape \(expected), found \(found)"
    case .notFinite(let tensor, let element):
      "tensor \(tensor): expected finite numbers, found NaN or infinity at element \(element)"
    }
  }

  /// The failure of a mapping.
  init(_ failure: MappedFile.Failure) {
    switch failure {
    case .system(let error): self = .system(action: error.action, reason: error.reason)
    case .notAFile(let found): self = .notAFile(found)
    }
  }
}
