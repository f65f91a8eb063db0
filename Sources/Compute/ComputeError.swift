package import CUDA
import JSON
package import OpenCL
import Weights

/// Errors of this module, one case for each cause, with what was expected and what was found.
package enum ComputeError: Error, Sendable, Equatable {
  /// There is no device with the requested name; `found` lists the names of those that there are,
  /// of CUDA and of OpenCL.
  case unknownDevice(asked: String, found: [String])
  /// Of the `gpus` of a host, none is left for one of its `ranks`, which sees `seen` of them.
  case noGPULeft(host: String, ranks: Int, gpus: Int, rank: Int, seen: Int)
  /// The CPU path cannot run on so many threads.
  case threads(Int)
  /// The environment names a variant of the CPU path that this processor does not support.
  case cpuVariant(asked: String, supported: [CPUVariant])
  /// `needed` bytes were requested, `available` are left; of what `limit` allows, where that is not
  /// the device's own memory.
  case outOfMemory(device: String, needed: Int, available: Int, limit: MemoryLimit? = nil)
  /// A single buffer of `needed` bytes was requested; the device supports at most `limit`, however
  /// much memory is free.
  case bufferTooLarge(device: String, needed: Int, limit: Int)
  /// An operand has fewer elements than its shape.
  case shape(operation: String, operand: String, expected: Shape, found: Int)
  /// An index that is not a row of what it indexes, which has `rows` rows; nil for a negative
  /// index.
  case rowIndex(operation: String, operand: String, index: Int, rows: Int?)
  /// A count that does not fit the `int` of a kernel.
  case countTooLarge(kernel: String, argument: Int, found: Int)
  /// Query heads that do not divide over the key/value heads.
  case headGroups(operation: String, queryHeads: Int, keyValueHeads: Int)
  /// A head dimension that attention does not support; `limit` is the largest.
  case headDimension(operation: String, found: Int, limit: Int)
  /// Two sequences share key rows that are not the prefix's: their gradients are not supported.
  case sharedKeys(operation: String)
  /// A prefix of a negative number of rows.
  case prefixRows(Int)
  /// A sliding window of no positions.
  case window(Int)
  /// A sequence of an attention layout with a negative row or count, or more queries than keys.
  case sequence(index: Int, AttentionSequence)
  /// A head [V, E] that does not fit the teacher's rows.
  case teacherShape(operation: String, head: Shape, teacher: Shape)
  /// A projected teacher cannot serve this head or objective.
  case projectedTeacher(operation: String, ProjectedTeacherLimit)
  /// A weight that is larger than `precision` can hold.
  case weightOverflow(precision: WeightFormat)
  /// A matrix whose rows are not whole blocks of a format.
  case blockColumns(format: WeightFormat, columns: Int)
  /// A sampling temperature that is not above 0.
  case temperature(Float)
  /// The CPU path has no kernels to tune.
  case nothingToTune
  /// There is no tunable kernel of this name.
  case unknownKernel(String)
  /// The default constants of a kernel give a result that is not finite.
  case defaultNotFinite(kernel: String)
  /// A call of OpenCL failed.
  case driver(OpenCLError)
  /// A call of CUDA's driver, NVRTC or cuBLASLt failed, or one of them is missing.
  case cuda(CUDAError)
}

/// What a projected teacher cannot serve.
package enum ProjectedTeacherLimit: Sendable, Equatable {
  /// A head with a bias.
  case bias
  /// Logits with a soft cap.
  case softCap
  /// Another objective than forward KL at this temperature.
  case objective(temperature: Float)
}

extension ComputeError: CustomStringConvertible {
  /// One line.
  package var description: String {
    switch self {
    case .unknownDevice(let asked, let found):
      let none = found.isEmpty ? ", found no device of CUDA or OpenCL" : ""
      return "unknown device '\(asked)': expected \(Listed(["auto", "cpu"] + found))\(none)"
    case .noGPULeft(let host, let ranks, let gpus, let rank, let seen):
      return "\(host) has \(Counted(gpus, "GPU")) for \(Counted(ranks, "rank")), and of the "
        + "\(seen) that rank \(rank) sees none is left: expected a GPU for each rank"
    case .threads(let count):
      return "cpu: cannot run on \(count) threads"
    case .cpuVariant(let asked, let supported):
      let list = supported.map(\.rawValue).joined(separator: ", ")
      return "\(CPUVariant.variable) is '\(asked)': expected one of these, which this processor "
        + "supports: \(list)"
    case .outOfMemory(let device, let needed, let available, let limit):
      let allowed = limit.map { " of \(Self.mebibytes($0.byteCount)) MiB allowed by \($0.source)" }
      return "\(device) is out of memory: \(Self.mebibytes(needed)) MiB needed, "
        + "\(Self.mebibytes(available)) MiB available\(allowed ?? "")"
    case .bufferTooLarge(let device, let needed, let limit):
      return "\(device) takes at most \(Self.mebibytes(limit)) MiB in one buffer "
        + "(CL_DEVICE_MAX_MEM_ALLOC_SIZE), \(Self.mebibytes(needed)) MiB needed"
    case .shape(let operation, let operand, let expected, let found):
      return "\(operation): \(operand) holds \(found) elements, expected \(expected), "
        + "\(expected.count) elements"
    case .rowIndex(let operation, let operand, let index, let rows):
      let expected = rows.map { "an index below \($0)" } ?? "an index from 0 on"
      return "\(operation): \(operand) holds row \(index), expected \(expected)"
    case .countTooLarge(let kernel, let argument, let found):
      return "\(kernel): \(found) as argument \(argument), expected at most \(Int32.max): fewer "
        + "rows at once, such as those of a smaller batch, keep it below that"
    case .headGroups(let operation, let queryHeads, let keyValueHeads):
      return "\(operation): \(queryHeads) query heads do not divide over \(keyValueHeads) "
        + "key/value heads"
    case .headDimension(let operation, let found, let limit):
      return "\(operation): head dimension \(found), expected 1 to \(limit)"
    case .sharedKeys(let operation):
      return "\(operation): two sequences share key rows that are not the prefix's"
    case .prefixRows(let count):
      return "attention layout: a prefix of \(count) rows"
    case .window(let positions):
      return "attention layout: a window of \(positions) positions"
    case .sequence(let index, let sequence):
      return "attention layout: sequence \(index) has \(sequence.queryCount) queries from row "
        + "\(sequence.queryStart) and \(sequence.keyCount) keys from row \(sequence.keyStart), "
        + "expected rows from 0 on and no more queries than keys"
    case .teacherShape(let operation, let head, let teacher):
      return "\(operation): a head \(head) for teacher rows of \(teacher)"
    case .projectedTeacher(let operation, let limit):
      return "\(operation): a projected teacher cannot serve \(limit)"
    case .weightOverflow(let precision):
      return "WeightMatrix: a weight is larger than \(precision) can hold"
    case .blockColumns(let format, let columns):
      return "WeightMatrix: rows of \(columns) elements cannot be \(format): expected a multiple "
        + "of \(format.blockElements)"
    case .temperature(let found):
      return "softmax: temperature \(found), expected a number above 0"
    case .nothingToTune:
      return "tune: the CPU path has nothing to tune"
    case .unknownKernel(let name):
      return "tune: there is no kernel '\(name)'"
    case .defaultNotFinite(let kernel):
      return "tune: the default of \(kernel) gives no finite result"
    case .driver(let error):
      return error.description
    case .cuda(let error):
      return error.description
    }
  }

  private static func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}

extension ProjectedTeacherLimit: CustomStringConvertible {
  package var description: String {
    switch self {
    case .bias: "a head with a bias"
    case .softCap: "logits with a soft cap"
    case .objective(let temperature): "another loss than forward KL at temperature \(temperature)"
    }
  }
}

/// Runs a runtime call and converts its error to `ComputeError`.
@inline(__always)
func driver<Result: ~Copyable>(
  _ call: () throws(OpenCLError) -> Result
) throws(ComputeError) -> Result {
  do { return try call() } catch { throw .driver(error) }
}

/// Runs a runtime call and converts its error to `ComputeError`.
@inline(__always)
func driver<Result: ~Copyable>(
  _ call: () throws(CUDAError) -> Result
) throws(ComputeError) -> Result {
  do { return try call() } catch { throw .cuda(error) }
}

/// Throws if an operand has fewer elements than its shape.
@inline(__always)
func expect(
  _ operation: StaticString, _ operand: StaticString, _ found: Int, _ shape: Shape
) throws(ComputeError) {
  if found < shape.count {
    throw .shape(
      operation: "\(operation)", operand: "\(operand)", expected: shape, found: found)
  }
}
