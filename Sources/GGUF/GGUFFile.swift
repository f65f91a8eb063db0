import Files
import Foundation

/// A GGUF file of llama.cpp, mapped into memory, its header checked in full when it is opened.
///
/// Nothing is copied: metadata and tensors are read where the operating system has mapped them. The
/// file may come from anyone: every count, length and offset is checked against its length before
/// it is used.
package final class GGUFFile: Sendable {
  /// The path of the file, as the caller gave it.
  package let path: String

  /// The version of the format: 2 or 3, which differ in nothing that is read here.
  package let version: Int

  /// The values under their keys.
  package let metadata: GGUFMetadata

  /// Every tensor, in the order of the file.
  package let tensors: [GGUFTensor]

  private let index: [String: Int]
  private let mapping: MappedFile

  /// Maps a file and checks its header: versions, counts, keys, value types, names, shapes, types
  /// and offsets.
  ///
  /// - Throws: for the first thing that is wrong.
  package init(contentsOf url: URL) throws(GGUFError) {
    path = url.path
    do throws(GGUFError.Problem) {
      do { mapping = try MappedFile(path: url.path) } catch { throw .init(error) }
      try Self.checkKind(of: mapping)
      let header = try GGUFHeader(of: mapping, path: url.path)
      version = Int(header.version)
      metadata = header.metadata
      tensors = header.tensors
      index = Dictionary(
        tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    } catch {
      throw GGUFError(file: url.path, problem: error)
    }
  }

  /// Whether a file begins as a GGUF file does; the rest of it may still be damaged.
  package static func isGGUF(_ url: URL) -> Bool {
    guard SpecialFile(at: url.path) == nil, let handle = try? FileHandle(forReadingFrom: url)
    else { return false }
    return (try? handle.read(upToCount: magic.count)).map { $0.map(Array.init) == magic } ?? false
  }

  /// The description of a tensor; nil where there is none.
  package func tensor(named name: String) -> GGUFTensor? { index[name].map { tensors[$0] } }

  /// Checks that the file is still as long as when it was opened: bytes beyond its end cannot be
  /// read.
  ///
  /// - Throws: `.shrunk` where it is shorter; `.system` when the system refuses.
  package func checkLength() throws(GGUFError) {
    do throws(GGUFError.Problem) {
      let length: Int
      do { length = try mapping.currentLength() } catch { throw .init(error) }
      if length < mapping.length { throw .shrunk(expected: mapping.length, found: length) }
    } catch {
      throw GGUFError(file: path, problem: error)
    }
  }

  /// Calls `body` with the bytes of a tensor of this file; they cannot leave it.
  ///
  /// - Throws: what `body` throws.
  package func withBytes<Result: ~Copyable, Failure: Error>(
    of tensor: GGUFTensor, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe mapping.bytes.bytes.extracting(tensor.byteRange)
    return try body(bytes)
  }

  /// A copy of the first bytes of a tensor of this file, at most `count`.
  package func leadingBytes(of tensor: GGUFTensor, count: Int) -> [UInt8] {
    unsafe Array(mapping.bytes[tensor.byteRange].prefix(count))
  }

  /// The bytes of a tensor where they are mapped, for handing to a device or to C without a copy.
  ///
  /// They are valid as long as this file object lives, so the owner of the pointer keeps the file.
  /// They may begin at any address.
  @unsafe
  package func bytes(of tensor: GGUFTensor) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: mapping.bytes[tensor.byteRange])
  }

  /// Lets the operating system take back the memory that a tensor's mapped pages hold, after it was
  /// copied. The bytes stay readable.
  package func releasePages(of tensor: GGUFTensor) { mapping.releasePages(of: tensor.byteRange) }

  /// The same of a part of a tensor, in bytes from its beginning.
  package func releasePages(of tensor: GGUFTensor, _ part: Range<Int>) {
    let start = tensor.byteRange.lowerBound
    mapping.releasePages(of: start + part.lowerBound..<start + part.upperBound)
  }

  private static let magic = Array("GGUF".utf8)

  /// Formats of llama.cpp before GGUF, by their first bytes.
  private static let forerunners = ["tjgg": "GGJT", "fmgg": "GGMF", "lmgg": "GGML", "algg": "GGLA"]

  /// Says what a file is that does not begin as a GGUF file does.
  private static func checkKind(of mapping: MappedFile) throws(GGUFError.Problem) {
    let start = unsafe Array(mapping.bytes.prefix(FileKind.prefixLength))
    if start.starts(with: magic) { return }
    if start.starts(with: magic.reversed()) { throw .bigEndian }
    let mark = String(decoding: start.prefix(4), as: UTF8.self)
    if let older = forerunners[mark] {
      throw .otherKind("\(older), an older format of llama.cpp; convert the model again")
    }
    throw .otherKind(FileKind(start)?.description ?? "a file that does not begin with GGUF")
  }
}
