import Files
import Foundation
import JSON

/// A safetensors file, mapped into memory and checked in full when it is opened.
///
/// Nothing is copied: a tensor's bytes are read where the operating system has mapped them. They
/// are row-major and little-endian and may begin at any address, so they must be loaded as
/// unaligned values.
package final class SafetensorsFile: Sendable {
  /// The path of the file, as the caller gave it.
  package let path: String

  /// Every tensor of the file under its name.
  package let tensors: [String: TensorDescription]

  /// The header's `__metadata__`; empty where it has none.
  package let metadata: [String: String]

  private let mapping: MappedFile

  /// Maps a file and checks its header: length, JSON, names, element types, shapes and offsets,
  /// which must cover the data exactly.
  ///
  /// - Throws: for the first thing that is wrong.
  package init(contentsOf url: URL) throws(SafetensorsError) {
    path = url.path
    do throws(SafetensorsError.Problem) {
      do { mapping = try MappedFile(path: url.path) } catch { throw .init(error) }
      let header = try Self.header(of: mapping)
      tensors = header.tensors
      metadata = header.metadata
    } catch {
      throw SafetensorsError(file: url.path, problem: error)
    }
  }

  /// The description of one tensor.
  ///
  /// - Parameters:
  ///   - name: the name of the tensor.
  ///   - shape: the shape that the caller needs, or nil for any.
  /// - Throws: when there is no such tensor, it has another shape, or the file became shorter since
  ///   it was opened.
  package func tensor(
    named name: String, shape: [Int]? = nil
  ) throws(SafetensorsError) -> TensorDescription {
    guard let tensor = tensors[name] else { throw failure(.missingTensor(name)) }
    if let shape, shape != tensor.shape {
      throw failure(.wrongShape(tensor: name, expected: shape, found: tensor.shape))
    }
    do throws(SafetensorsError.Problem) {
      let length: Int
      do { length = try mapping.currentLength() } catch { throw .init(error) }
      if length < tensor.byteRange.upperBound {
        throw .shrunk(expected: mapping.length, found: length)
      }
    } catch {
      throw failure(error)
    }
    return tensor
  }

  /// Calls `body` with the bytes of a tensor of this file; they cannot leave it.
  ///
  /// - Parameters:
  ///   - tensor: from ``tensor(named:shape:)`` or ``tensors`` of this same file.
  ///   - body: called with the bytes.
  /// - Throws: what `body` throws.
  package func withBytes<Result: ~Copyable, Failure: Error>(
    of tensor: TensorDescription, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe mapping.bytes.bytes.extracting(tensor.byteRange)
    return try body(bytes)
  }

  /// A copy of the first bytes of a tensor of this file, at most `count`.
  package func leadingBytes(of tensor: TensorDescription, count: Int) -> [UInt8] {
    unsafe Array(mapping.bytes[tensor.byteRange].prefix(count))
  }

  /// The bytes of a tensor where they are mapped, for handing to a device or to C without a copy.
  ///
  /// They are valid as long as this file object lives, so the owner of the pointer keeps the file.
  /// They may begin at any address.
  ///
  /// - Throws: when there is no such tensor, or the file became shorter since it was opened.
  @unsafe
  package func bytes(of name: String) throws(SafetensorsError) -> UnsafeRawBufferPointer {
    let tensor = try tensor(named: name)
    return unsafe UnsafeRawBufferPointer(rebasing: mapping.bytes[tensor.byteRange])
  }

  /// Lets the operating system take back the memory that a tensor's mapped pages hold, after it was
  /// copied: otherwise both count as this process's. The bytes stay readable.
  package func releasePages(of name: String) {
    if let tensor = tensors[name] { mapping.releasePages(of: tensor.byteRange) }
  }

  /// The same of a part of a tensor, in bytes from its beginning.
  package func releasePages(of tensor: TensorDescription, _ part: Range<Int>) {
    let start = tensor.byteRange.lowerBound
    mapping.releasePages(of: start + part.lowerBound..<start + part.upperBound)
  }

  /// The header; where it is none, the file may be of another kind, which says more than what is
  /// wrong with it as a header.
  private static func header(
    of mapping: MappedFile
  ) throws(SafetensorsError.Problem) -> SafetensorsHeader {
    do throws(SafetensorsError.Problem) {
      return try SafetensorsHeader(text: try headerText(of: mapping), fileLength: mapping.length)
    } catch {
      switch error {
      case .tooShort, .headerTooLong, .headerBeyondFile, .malformedHeader:
        let start = unsafe Array(mapping.bytes.prefix(FileKind.prefixLength))
        if let kind = FileKind(start) { throw .otherKind(kind) }
      default: break
      }
      throw error
    }
  }

  private static func headerText(
    of mapping: MappedFile
  ) throws(SafetensorsError.Problem) -> [UInt8] {
    let prefixLength = SafetensorsHeader.prefixLength
    guard mapping.length >= prefixLength else { throw .tooShort(found: mapping.length) }
    let length = unsafe UInt64(
      littleEndian: mapping.bytes.loadUnaligned(as: UInt64.self))
    guard length <= SafetensorsHeader.lengthLimit else {
      throw .headerTooLong(found: length, limit: SafetensorsHeader.lengthLimit)
    }
    let headerLength = Int(length)
    guard headerLength <= mapping.length - prefixLength else {
      throw .headerBeyondFile(headerLength: headerLength, fileLength: mapping.length)
    }
    return unsafe Array(mapping.bytes[prefixLength..<prefixLength + headerLength])
  }

  func failure(_ problem: SafetensorsError.Problem) -> SafetensorsError {
    SafetensorsError(file: path, problem: problem)
  }
}
