import CSignals
import Foundation

/// A whole file mapped into memory for reading. The mapping lives exactly as long as the object.
///
/// The descriptor stays open, so that ``currentLength()`` asks about the mapped file itself, even
/// when another file has taken over its name. The mapping is recorded under the file's path, so that a
/// program can say which file it was that lost pages while they were read (`mapped_files.h`).
@safe
final class MappedFile: Sendable {
  private let descriptor: Int32

  /// The length of the file when it was mapped, in bytes.
  let length: Int

  /// The first mapped byte, nil for an empty file. Nobody writes to these bytes, and they stay
  /// where they are until `deinit`: sharing the address between threads is safe.
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// The record of the mapping; used in `deinit` alone.
  private nonisolated(unsafe) let record: OpaquePointer?

  /// Maps the file at `path`.
  init(path: String) throws(SafetensorsError.Problem) {
    // A pipe in the file's place would be waited for.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw .system(action: "open the file", reason: Self.reason) }
    do throws(SafetensorsError.Problem) {
      let length = try Self.length(of: descriptor)
      let base = unsafe try Self.map(descriptor, length: length)
      unsafe record = unsafe base.flatMap { unsafe mapped_files_add($0, length, path) }
      unsafe self.base = unsafe base
      self.length = length
      self.descriptor = descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit {
    unsafe mapped_files_remove(record)
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), length) }
    close(descriptor)
  }

  /// All bytes of the file, valid as long as this object lives.
  var bytes: UnsafeRawBufferPointer {
    @unsafe get { unsafe UnsafeRawBufferPointer(start: base, count: length) }
  }

  /// The length of the file now. Reading mapped pages beyond it raises SIGBUS, so whoever is about to
  /// read much asks first.
  func currentLength() throws(SafetensorsError.Problem) -> Int {
    try Self.length(of: descriptor)
  }

  /// Lets the operating system take back the memory of these bytes' pages. Whoever reads them again gets them from the file
  /// again.
  func releasePages(of range: Range<Int>) {
    guard let base = unsafe base else { return }
    let page = Int(getpagesize())
    // Pages that hold bytes of a neighbour as well stay.
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard first < end else { return }
    // Advice: where the system does not take it, the pages go when memory is short.
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
  }

  private static func length(of descriptor: Int32) throws(SafetensorsError.Problem) -> Int {
    var status = stat()
    if unsafe fstat(descriptor, &status) != 0 {
      throw .system(action: "ask for the file's length", reason: reason)
    }
    if let special = SpecialFile(mode: status.st_mode) { throw .notAFile(special) }
    return Int(status.st_size)
  }

  private static func map(
    _ descriptor: Int32, length: Int
  ) throws(SafetensorsError.Problem) -> UnsafeRawPointer? {
    if length == 0 { return nil }
    let address = unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw .system(action: "map the file into memory", reason: reason)
    }
    return UnsafeRawPointer(address)
  }

  /// The reason that the last call of the operating system gave for its failure.
  static var reason: String { unsafe String(cString: strerror(errno)) }
}
