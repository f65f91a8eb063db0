import TestSupport

@testable import CUDA

/// A device with the buffers of a test, which live as long as it.
final class KernelRun {
  let context: Context
  private var buffers: [Memory] = []

  /// An argument of a kernel, by its C type.
  enum Argument {
    case buffer(MemorySlice)
    case none
    case int(Int)
    case offset(Int)
    case float(Float)
  }

  init(_ device: CUDATestDevice) throws {
    context = try device.open()
  }

  /// A buffer of these values.
  func buffer<Element: BitwiseCopyable>(_ values: [Element]) throws -> MemorySlice {
    let memory = try context.allocate(byteCount: values.count * MemoryLayout<Element>.stride)
    try unsafe values.withUnsafeBytes { try unsafe memory.upload($0) }
    buffers.append(memory)
    return memory.slice()
  }

  /// A buffer of NaN for `count` results, with NaN behind them.
  func canary(_ count: Int) throws -> MemorySlice {
    try buffer([Float](repeating: .nan, count: count + 64))
  }

  /// The first `count` elements of a buffer of this run.
  func values<Element: BitwiseCopyable>(
    _ slice: MemorySlice, _ count: Int, as type: Element.Type
  ) throws -> [Element] {
    guard let buffer = buffers.first(where: { $0.address == slice.address }) else {
      preconditionFailure("a buffer of another run")
    }
    return try unsafe [Element](unsafeUninitializedCapacity: count) { values, initialized in
      try unsafe buffer.download(into: UnsafeMutableRawBufferPointer(values))
      initialized = count
    }
  }

  /// The results in a canary; nil if something was written behind them.
  func results(_ slice: MemorySlice, _ count: Int) throws -> [Float]? {
    let all = try values(slice, count + 64, as: Float.self)
    return all[count...].allSatisfy(\.isNaN) ? Array(all[..<count]) : nil
  }

  /// Compiles an entry of a kernel file and runs it once.
  func run(
    _ file: String, _ entry: String, _ options: [String], _ arguments: [Argument], groups: [Int],
    items: Int
  ) throws {
    let program = try KernelText.named(file).program(context, options)
    let kernel = try Kernel(program, entry: entry)
    try launch(kernel, arguments, groups: groups, items: items)
    try context.finish()
  }

  /// Enqueues a kernel.
  func launch(_ kernel: Kernel, _ arguments: [Argument], groups: [Int], items: Int) throws {
    for (index, argument) in arguments.enumerated() {
      switch argument {
      case .buffer(let slice): try kernel.bind(slice, at: index)
      case .none: try kernel.bindNothing(at: index)
      case .int(let value): try kernel.bind(Int32(value), at: index)
      case .offset(let value): try kernel.bind(Int64(value), at: index)
      case .float(let value): try kernel.bind(value, at: index)
      }
    }
    try kernel.run(groups: groups, items: [items])
  }
}
