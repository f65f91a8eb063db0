import CSignals
import Foundation

/// A whole file mapped into memory for reading. The mapping lives exactly as long as the object.
///
/// The descriptor stays open, so that ``currentLength()`` is that of the mapped file itself, even
/// when another file has taken its name. The mapping is recorded under the file's path, so that a
/// program can name the file that lost pages while they were read (`mapped_files.h`).
@safe
package final class MappedFile: Sendable {
  /// An error of ``MappedFile``.
  package enum Failure: Error {
    /// A call of the operating system failed.
    case system(FileError)
    /// The path does not lead to a regular file.
    case notAFile(SpecialFile)
  }

  private let path: String
  private let descriptor: Int32

  /// The length of the file when it was mapped, in bytes.
  package let length: Int

  /// The first mapped byte, nil for an empty file. Nobody writes to these bytes, and they stay
  /// where they are until `deinit`: sharing the address between threads is safe.
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// The record of the mapping; used in `deinit` alone.
  private nonisolated(unsafe) let record: OpaquePointer?

  /// Maps the file at `path`.
  ///
  /// - Throws: `.notAFile` for a folder, a pipe or a device; `.system` when the system refuses.
  package init(path: String) throws(Failure) {
    // A pipe in the file's place would be waited for.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw .system(.afterFailedCall(path: path, action: "open the file")) }
    do throws(Failure) {
      let length = try Self.length(of: descriptor, path: path)
      let base = unsafe try Self.map(descriptor, length: length, path: path)
      unsafe record = unsafe base.flatMap { unsafe mapped_files_add($0, length, path) }
      unsafe self.base = unsafe base
      self.length = length
      self.path = path
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
  package var bytes: UnsafeRawBufferPointer {
    @unsafe get { unsafe UnsafeRawBufferPointer(start: base, count: length) }
  }

  /// The length of the file now. Reading mapped pages beyond it raises SIGBUS, so a
  /// reader of many pages checks it first.
  ///
  /// - Throws: `.system` when the system refuses.
  package func currentLength() throws(Failure) -> Int {
    try Self.length(of: descriptor, path: path)
  }

  /// Lets the operating system free the pages of these bytes. They are read from the file again
  /// when they are needed.
  package func releasePages(of range: Range<Int>) {
    guard let base = unsafe base else { return }
    let page = Int(getpagesize())
    // Pages that hold other bytes as well stay.
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard first < end else { return }
    // Advice: where the system does not take it, the pages go when memory is short.
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
  }

  private static func length(of descriptor: Int32, path: String) throws(Failure) -> Int {
    var status = stat()
    if unsafe fstat(descriptor, &status) != 0 {
      throw .system(.afterFailedCall(path: path, action: "ask for the file's length"))
    }
    if let special = SpecialFile(mode: status.st_mode) { throw .notAFile(special) }
    return Int(status.st_size)
  }

  private static func map(
    _ descriptor: Int32, length: Int, path: String
  ) throws(Failure) -> UnsafeRawPointer? {
    if length == 0 { return nil }
    let address = unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw .system(.afterFailedCall(path: path, action: "map the file into memory"))
    }
    return UnsafeRawPointer(address)
  }
}
