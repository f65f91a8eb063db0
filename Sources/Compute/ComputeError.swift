package import OpenCL

/// Errors of this module: a missing device, missing memory, an operand of the wrong size, an
/// unsupported call, or a failed driver call.
package enum ComputeError: Error, CustomStringConvertible, Sendable, Equatable {
  /// There is no device with the requested name; `found` lists the devices.
  case unknownDevice(asked: String, found: [String])
  /// `needed` bytes were requested, `available` are left; of what `limit` allows, where that is not
  /// the device's own memory.
  case outOfMemory(device: String, needed: Int, available: Int, limit: MemoryLimit? = nil)
  /// A single buffer of `needed` bytes was requested; the device supports at most `limit`, however
  /// much memory is free.
  case bufferTooLarge(device: String, needed: Int, limit: Int)
  /// An operand has fewer elements than its shape.
  case shape(operation: String, operand: String, expected: Int, found: Int)
  /// An index that is not a row of what it indexes, which has `rows` rows; nil for a negative index.
  case rowIndex(operation: String, operand: String, index: Int, rows: Int?)
  /// A call that the operation does not support, such as a head dimension that is too large.
  case unsupported(operation: String, reason: String)
  /// A driver call failed.
  case driver(OpenCLError)

  package var description: String {
    switch self {
    case .unknownDevice(let asked, let found):
      let list = found.isEmpty ? "none but cpu" : found.joined(separator: ", ")
      return "unknown device '\(asked)': expected auto, cpu, opencl or one of these: \(list)"
    case .outOfMemory(let device, let needed, let available, let limit):
      let allowed = limit.map { " of \(Self.mebibytes($0.byteCount)) MiB allowed by \($0.source)" }
      return "\(device) is out of memory: \(Self.mebibytes(needed)) MiB needed, "
        + "\(Self.mebibytes(available)) MiB available\(allowed ?? ""); a smaller --batch-size, "
        + "--teacher-cache hidden or --precision bf16 lowers what is needed"
    case .bufferTooLarge(let device, let needed, let limit):
      return "\(device) takes at most \(Self.mebibytes(limit)) MiB in one buffer "
        + "(CL_DEVICE_MAX_MEM_ALLOC_SIZE), \(Self.mebibytes(needed)) MiB needed; a smaller "
        + "--batch-size, --teacher-cache hidden or --precision bf16 lowers what is needed"
    case .shape(let operation, let operand, let expected, let found):
      return "\(operation): \(operand) holds \(found) elements, expected at least \(expected)"
    case .rowIndex(let operation, let operand, let index, let rows):
      let expected = rows.map { "an index below \($0)" } ?? "an index from 0 on"
      return "\(operation): \(operand) holds row \(index), expected \(expected)"
    case .unsupported(let operation, let reason):
      return "\(operation): \(reason)"
    case .driver(let error):
      return error.description
    }
  }

  private static func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}

/// Runs a runtime call and converts its error to `ComputeError`.
@inline(__always)
func driver<Result: ~Copyable>(
  _ call: () throws(OpenCLError) -> Result
) throws(ComputeError) -> Result {
  do { return try call() } catch { throw .driver(error) }
}

/// Throws if an operand has fewer elements than its shape.
@inline(__always)
func expect(
  _ operation: StaticString, _ operand: StaticString, _ found: Int, atLeast expected: Int
) throws(ComputeError) {
  if found < expected {
    throw .shape(
      operation: "\(operation)", operand: "\(operand)", expected: expected, found: found)
  }
}
